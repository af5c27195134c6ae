"""The way of a capture from the spool into the archive, and what a writer keeps on its machine."""
