"""Jobs of the service: what was asked for or fell due, who does it, and what it came to."""
