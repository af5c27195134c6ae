"""The sources file: what is crawled, how and when, and how the service runs."""
