"""An archive, or a part of it, in one file that others can read."""
