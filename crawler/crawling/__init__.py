"""Crawls: jobs taken one after another, Scrapy run over each, its end when it is asked to, its summary."""
