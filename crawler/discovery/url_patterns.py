"""Which URLs of its site a source is crawled for: patterns that include, patterns that exclude."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from broadsheet.storage.urls import normalise

_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED = re.compile(r"[0-9A-Za-z._~-]")
_WITH_HOST = re.compile(r"(https?://)([^/?*]*)(\*?)(.*)")


class UrlPatterns:
    """Tells which URLs are wanted.

    In a pattern ``*`` stands for any number of any characters, ``/`` too, and all else for itself. One that begins
    with ``http://`` or ``https://`` is compared with the whole URL, any other with path and query. It may be spelled as
    addresses are: ``/über/*`` and ``https://Courier.example/*`` mean URLs in their normal form.

    Args:
        include: What a URL has to match one of; nothing for any URL.
        exclude: What it may match none of.

    Raises:
        ValueError: One of them could match nothing; see `check`.
    """

    def __init__(self, include: Iterable[str] = (), exclude: Iterable[str] = ()) -> None:
        self._include = [_Pattern(pattern) for pattern in include]
        self._exclude = [_Pattern(pattern) for pattern in exclude]

    def want(self, url: str) -> bool:
        """Tell whether a URL in its normal form is wanted."""
        included = not self._include or any(pattern.matches(url) for pattern in self._include)
        return included and not any(pattern.matches(url) for pattern in self._exclude)


def check(pattern: str) -> None:
    """Raise ValueError where a pattern could match nothing: it begins with neither ``/`` nor ``*`` nor a scheme."""
    _normal(pattern)


def _normal(pattern: str) -> str:
    """Return a pattern as the URLs that it means are spelled."""
    if not pattern.startswith(("/", "*", "http://", "https://")):
        raise ValueError("a pattern begins with '/', '*', 'http://' or 'https://'")
    if any(character.isspace() for character in pattern):
        raise ValueError("no URL has blanks")
    with_host = _WITH_HOST.fullmatch(pattern)
    if with_host is None:
        return _escaped(pattern)
    scheme, host, star, rest = with_host.groups()
    if not star:
        return normalise(f"{scheme}{host}/") + _escaped(rest.removeprefix("/"))
    if not host.isascii() or not rest.partition("/")[0].isascii():
        raise ValueError("a host with a star in it has to be in ASCII: xn--...")
    of_host, slash, path = rest.partition("/")
    return f"{scheme}{host.lower()}*{of_host.lower()}{slash}{_escaped(path)}"


def _escaped(text: str) -> str:
    return _ESCAPE.sub(_as_normal, quote(text, safe=_PRINTABLE))


def _as_normal(escape: re.Match[str]) -> str:
    character = chr(int(escape[0][1:], 16))
    return character if _UNRESERVED.fullmatch(character) else escape[0].upper()


class _Pattern:
    def __init__(self, pattern: str) -> None:
        pattern = _normal(pattern)
        self._whole = pattern.startswith(("http://", "https://"))
        # Each part is looked for from where the last was found: the work grows with the URL, and never faster.
        self._parts = pattern.split("*")

    def matches(self, url: str) -> bool:
        text = url if self._whole else _path_and_query(url)
        first, *others = self._parts
        if not others:
            return text == first
        if not text.startswith(first) or len(text) < len(first) + len(others[-1]) or not text.endswith(others[-1]):
            return False
        at, end = len(first), len(text) - len(others[-1])
        for part in others[:-1]:
            at = text.find(part, at, end)
            if at < 0:
                return False
            at += len(part)
        return True


def _path_and_query(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
