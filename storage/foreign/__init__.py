"""WARC files that other software wrote, read as captures of ours."""
