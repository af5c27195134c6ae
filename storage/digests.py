"""Labelled digests as WARC records carry them: ``sha256:`` and lower-case hexadecimal.

Hexadecimal, because the annotated WARC/1.1 specification (5.8) asks for it where Base32 would need padding,
whose ``=`` the grammar does not allow, and because warcio takes unpadded Base32 of SHA-256 for a wrong
digest.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

_ALGORITHMS = frozenset({"md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "blake2s"})


def digest(data: bytes) -> str:
    """The labelled SHA-256 digest of some bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def is_digest_of(stated: str, data: bytes) -> bool:
    """Whether a labelled digest, also one that other software wrote, is that of `data`.

    Args:
        stated: Algorithm and value in Base16 or Base32, in either case, with or without padding.
        data: What it should be the digest of.
    """
    label, _, value = stated.partition(":")
    algorithm = label.strip().lower().replace("sha-", "sha")
    if algorithm not in _ALGORITHMS:
        return False
    computed = hashlib.new(algorithm, data, usedforsecurity=False).digest()
    return _decoded(value.strip(), len(computed)) == computed


def _decoded(value: str, size: int) -> bytes | None:
    try:
        if len(value) == 2 * size and not value.endswith("="):
            return bytes.fromhex(value)
        return base64.b32decode(value.rstrip("=") + "=" * (-len(value.rstrip("=")) % 8), casefold=True)
    except (ValueError, binascii.Error):
        return None
