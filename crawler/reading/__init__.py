"""From the bytes of a response to what they mean, in child processes: articles, feeds, sitemaps, links."""
