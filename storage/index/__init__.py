"""Index lines, and finding them: segments of one publication, runs of many."""
