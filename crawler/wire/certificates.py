"""Which failed fetches failed because the host's certificate was refused, and why."""

from __future__ import annotations

_UNTRUSTED = "certificate verify failed"


def refusal(error: BaseException | None) -> str | None:
    """Return why a certificate was refused, or None where it was not.

    Twisted tells of a failed handshake as of any lost connection: a `ResponseFailed` with the `reasons` in it.

    Args:
        error: What a fetch ended with.
    """
    for reason in getattr(error and error.__cause__, "reasons", None) or ():
        # By their names: service_identity and pyOpenSSL are Scrapy's to choose.
        if type(reason.value).__name__ == "VerificationError":
            return "it is for another host"
        if _UNTRUSTED in str(reason.value):
            return "nobody who is trusted has signed it, or it has expired"
    return None
