"""From an exchange to its publication: WARC records in open segments, on this machine until they are published."""
