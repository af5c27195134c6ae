"""The archive: what is in it, where it lies, and how it is read. Loads neither Scrapy nor trafilatura."""
