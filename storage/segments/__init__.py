"""WARC segments: their records, written, read, and taken out of them."""
