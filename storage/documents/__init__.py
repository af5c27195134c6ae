"""The JSON documents of an archive, held to their digests when they are read."""
