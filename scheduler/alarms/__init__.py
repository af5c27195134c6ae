"""Tells the operator when something is wrong with a source, and what has changed at what is watched."""
