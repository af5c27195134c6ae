"""HTTP messages as they were on the wire, and their codings."""
