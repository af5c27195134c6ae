"""The archive and the service over HTTP: API, Memento, pages for people, health, metrics."""
