"""When a page says that it was published and changed: statements of all kinds, calendars, zones, and which stands."""
