"""What our processes settle with the operating system: memory, signals, ending with the one that started them."""
