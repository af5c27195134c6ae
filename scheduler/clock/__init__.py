"""What is due, and when: schedules, the moments they mean, and the clock that wakes the service for them."""
