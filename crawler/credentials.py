"""Headers that open a source to its subscriber: sent to that source alone, written nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import SplitResult, urlsplit

import msgspec

from broadsheet.storage.errors import MessageError
from broadsheet.storage.http.messages import parse_response
from broadsheet.storage.model import Exchange

REDACTED = b"redacted"
"""What a record holds in the place of a secret value."""
CREDENTIALS = "broadsheet_credentials"
"""In the meta of a request: what it was sent with."""

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
        addresses: The addresses of the source, as it is configured: what is asked for by others may be less safe.

    Attributes:
        names: The names.

    Raises:
        ValueError: One of them cannot be sent. The message holds no value.
    """

    def __init__(self, headers: Mapping[str, str], addresses: Iterable[str]) -> None:
        for name, value in headers.items():
            if not _NAME.fullmatch(name) or _NOT_FOR_CREDENTIALS.fullmatch(name):
                raise ValueError(f"{name!r} is no header for credentials; Cookie and Authorization are")
            if not value or value != value.strip() or not value.isascii() or not value.isprintable():
                raise ValueError(f"the value of {name} has to be printable ASCII, without blanks around it")
        self._headers = dict(headers)
        self._addresses = [urlsplit(address) for address in addresses]
        self.names = tuple(headers)

    def __repr__(self) -> str:
        return f"Credentials({', '.join(self.names)})"

    def are_for(self, url: str) -> bool:
        """Tell whether a URL may have them: at the host of one of the addresses, ``www`` aside, and no less safe."""
        asked = urlsplit(url)
        return any(
            _host(asked) == _host(known) and asked.port == known.port and asked.scheme in ("https", known.scheme)
            for known in self._addresses
        )

    def without(self, exchange: Exchange) -> Exchange:
        """Return an exchange as it may be archived.

        The secret headers of the request are replaced, and in the head of the response every cookie, since servers
        renew sessions with the same secret, and whatever else repeats one.
        """
        end = _body_offset(exchange.response)
        head = redact(exchange.response[:end], ["Set-Cookie", *self.names])
        for value in sorted(self._headers.values(), key=len, reverse=True):
            head = head.replace(value.encode(), REDACTED)
        request, empty, body = exchange.request.partition(b"\r\n\r\n")
        return msgspec.structs.replace(
            exchange,
            request=redact(request, self.names) + empty + body,
            response=head + exchange.response[end:],
        )

    def headers(self) -> dict[str, str]:
        """Return names and values, to be sent."""
        return dict(self._headers)


def redact(head: bytes, names: Iterable[str]) -> bytes:
    """Return the head of a message as it may be archived: the values of some headers replaced.

    Args:
        head: First line and headers as they were sent.
        names: The names of the headers, in any case.
    """
    alternatives = b"|".join(re.escape(name.encode()) for name in names)
    secret = re.compile(rb"(?im)^(" + alternatives + rb")(:[ \t]*)[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*")
    return secret.sub(rb"\1\2" + REDACTED, head) if alternatives else head


def _body_offset(response: bytes) -> int:
    try:
        return parse_response(response).body_offset
    except MessageError:
        return len(response)  # All of it may be head.


def _host(url: SplitResult) -> str:
    return (url.hostname or "").removeprefix("www.")
