"""The registered names of TLS cipher suites."""

from __future__ import annotations

import re

_OPENSSL_NAME = re.compile(
    r"(?:(?P<exchange>(?:EC)?DHE?-(?:RSA|ECDSA|DSS))-)?"
    r"(?P<cipher>AES(?:128|256)|CHACHA20-POLY1305|CAMELLIA(?:128|256))"
    r"(?:-(?P<mode>GCM|CCM8|CCM))?"
    r"(?:-(?P<digest>SHA|SHA256|SHA384))?"
)


def registered_name(openssl_name: str) -> str | None:
    """The IANA name of a cipher suite that OpenSSL names in its own way, as WARC-Cipher-Suite wants it.

    Args:
        openssl_name: What OpenSSL calls it: ``ECDHE-RSA-AES128-GCM-SHA256``, or the registered name itself,
            which OpenSSL uses for TLS 1.3.

    Returns:
        ``TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256``, or None for a suite that no crawler offers.
    """
    if openssl_name.startswith("TLS_"):
        return openssl_name
    match = _OPENSSL_NAME.fullmatch(openssl_name)
    if match is None:
        return None
    exchange = (match["exchange"] or "RSA").replace("-", "_")
    if match["cipher"] == "CHACHA20-POLY1305":
        return f"TLS_{exchange}_WITH_CHACHA20_POLY1305_SHA256"
    cipher = re.sub(r"(\d+)$", r"_\1", match["cipher"])
    mode = {None: "CBC", "CCM8": "CCM_8"}.get(match["mode"], match["mode"])
    return "_".join(filter(None, ("TLS", exchange, "WITH", cipher, mode, match["digest"])))
