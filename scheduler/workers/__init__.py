"""Workers take jobs and run each in a process of its own, within limits."""
