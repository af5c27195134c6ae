"""WARC files of other software, brought into the archive."""
