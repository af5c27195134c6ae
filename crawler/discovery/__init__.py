"""Which URLs a crawl hears of, which of them it fetches, and why not the others."""
