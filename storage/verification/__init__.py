"""Checking an archive: every kind of object, and whatever else lies there."""
