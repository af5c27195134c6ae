"""The way of the bytes: connections to public addresses alone, and every exchange kept as it was on the wire."""
