"""Rewriting: archived pages and styles, with every address in them leading into the archive."""
