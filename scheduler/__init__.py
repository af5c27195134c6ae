"""Decides what runs and when; the composition root and the command line."""
