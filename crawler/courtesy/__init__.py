"""What a host may be asked, and when: robots.txt, delays, turns that processes share, and the circuit breaker."""
