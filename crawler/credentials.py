"""Headers that open a source to its subscriber: sent to that source alone, written nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

REDACTED = b"redacted"
"""What a request record holds in the place of a secret value."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# What frames or conditions a request is the crawler's to say.
_NOT_FOR_CREDENTIALS = re.compile(
    r"(?:host|connection|content-.*|transfer-encoding|te|upgrade|expect|range|if-.*|accept-encoding|user-agent)",
    re.IGNORECASE,
)


class Credentials:
    """The secret headers of one source.

    Args:
        headers: Names and values, such as ``Cookie`` or ``Authorization``.

    Attributes:
        names: The names.

    Raises:
        ValueError: One of them cannot be sent. The message holds no value.
    """

    def __init__(self, headers: Mapping[str, str]) -> None:
        for name, value in headers.items():
            if not _NAME.fullmatch(name) or _NOT_FOR_CREDENTIALS.fullmatch(name):
                raise ValueError(f"{name!r} is no header for credentials; Cookie and Authorization are")
            if not value or not value.isascii() or not value.isprintable():
                raise ValueError(f"the value of {name} has to be printable ASCII, and not empty")
        self._headers = dict(headers)
        self.names = tuple(headers)

    def __repr__(self) -> str:
        return f"Credentials({', '.join(self.names)})"

    def headers(self) -> dict[str, str]:
        """Return names and values, to be sent."""
        return dict(self._headers)


def redact(request: bytes, names: Iterable[str]) -> bytes:
    """Return a request as it may be archived: the values of some headers replaced.

    Args:
        request: Head and body as they were sent.
        names: The names of the headers, in any case.
    """
    head, empty, body = request.partition(b"\r\n\r\n")
    alternatives = b"|".join(re.escape(name.encode()) for name in names)
    secret = re.compile(rb"(?im)^(" + alternatives + rb")(:[ \t]*)[^\r\n]*(?:\r\n[ \t][^\r\n]*)*")
    return secret.sub(rb"\1\2" + REDACTED, head) + empty + body if alternatives else request
