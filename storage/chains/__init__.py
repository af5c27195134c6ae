"""The chains of manifests: who published what, in which order; the change feed and its checks."""
