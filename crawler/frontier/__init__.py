"""The frontier: what each source has led to, what is still to be fetched, and what became of every URL; durably.

`database` opens it, `runs` begins a run or goes on with one that was cut off, and the `run` takes what was found, gives
out what is next, and counts. `publishing` notes what was published, also for runs whose process is gone. Only
`scheduler` knows of Scrapy. See docs/frontier.md.
"""
