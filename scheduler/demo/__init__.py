"""A small newspaper of our own, served on loopback, to try the whole way of the data on."""
