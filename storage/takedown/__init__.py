"""Removing what has to go, and keeping it out."""
