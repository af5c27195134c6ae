"""The archive as tables, in Parquet."""
