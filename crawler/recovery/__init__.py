"""Making good what a crash or a loss left: batches in the spool, and derived objects, from the WARC alone."""
