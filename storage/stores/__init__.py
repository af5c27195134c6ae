"""Where the bytes of an archive lie: one object store in a folder, one behind the S3 protocol."""
