"""From the bytes of a page to an article: pure functions, no network and no clock."""
