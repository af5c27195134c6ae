"""Patterns of paths as robots.txt has them: a prefix, ``*`` for anything, ``$`` for the end (RFC 9309 section 2.2.3).

What robots.txt allows, what it says of uses, and what ``tdmrep.json`` reserves all go by them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar
from urllib.parse import quote

Value = TypeVar("Value")

_PATH = re.compile(r"[^:/?#]+://[^/?#]*([^#]*)")
_ESCAPED_OR_TO_BE = re.compile(r"%([0-9A-Fa-f]{2})|[^!-~]|[\"<>\\^`{|}]")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


class PathPattern(NamedTuple):
    """A pattern, as what has to follow one another in a path.

    Attributes:
        octets: How long it is as it was written, in normal form: of those that match, the longest counts.
        parts: What stands between its ``*``.
        to_the_end: Whether it ends with ``$``.
    """

    octets: int
    parts: list[str]
    to_the_end: bool

    def matches(self, path: str) -> bool:
        """Tell whether a path, `path_of` a URL, is one that the pattern means."""
        first, *rest = self.parts
        if not path.startswith(first):
            return False
        if not rest:
            return not self.to_the_end or path == first
        *middle, last = rest
        place = len(first)
        for part in middle:
            found = path.find(part, place)
            if found < 0:
                return False
            place = found + len(part)
        if self.to_the_end:
            return len(path) - len(last) >= place and path.endswith(last)
        return path.find(last, place) >= 0

    @property
    def is_prefix(self) -> bool:
        """Whether it has neither ``*`` nor ``$``."""
        return len(self.parts) == 1 and not self.to_the_end


def path_pattern(written: str) -> PathPattern:
    """Return a pattern as it is written in a file."""
    normal = normalised(written)
    parts = [part.replace("$", "%24") for part in re.split(r"\*+", normal.removesuffix("$"))]
    return PathPattern(len(normal), parts, normal.endswith("$"))


# Every file of a site that has rules for paths is asked about the same URL.
@lru_cache(maxsize=256)
def path_of(url: str) -> str:
    """Return path and query of a URL, as patterns are compared with them."""
    found = _PATH.match(url)
    path = normalised(found[1] if found else "").replace("*", "%2A").replace("$", "%24")
    return path if path.startswith("/") else f"/{path}"


def normalised(path: str) -> str:
    """Return a path with as few escapes as RFC 3986 section 6.2.2 allows, in capitals, and all that need to be."""
    return _ESCAPED_OR_TO_BE.sub(_escape, path)


class PathPatterns(Generic[Value]):
    """Values that hold where their patterns match."""

    def __init__(self) -> None:
        self._prefixes: dict[str, list[Value]] = {}
        self._patterns: list[tuple[PathPattern, Value]] = []
        self._lengths: list[int] | None = None
        self._beginnings: tuple[str, ...] = ()

    def add(self, written: str, value: Value) -> None:
        """Have a value hold where a pattern, as it is written in a file, matches."""
        pattern = path_pattern(written)
        if pattern.is_prefix:
            self._prefixes.setdefault(pattern.parts[0], []).append(value)
        else:
            self._patterns.append((pattern, value))
        self._lengths = None

    def of(self, url: str) -> list[Value]:
        """Return the values of the pattern with the most octets that matches a URL; of several, those of all."""
        if self._lengths is None:
            self._lengths = sorted({len(prefix) for prefix in self._prefixes}, reverse=True)
            self._patterns.sort(key=lambda pair: pair[0].octets, reverse=True)
            self._beginnings = tuple({pattern.parts[0] for pattern, _ in self._patterns})
        path = path_of(url)
        octets, values = self._longest_prefix(path, self._lengths)
        if path.startswith(self._beginnings):
            for pattern, value in self._patterns:
                if pattern.octets < octets:
                    break
                if pattern.matches(path):
                    if pattern.octets > octets:
                        octets, values = pattern.octets, []
                    values.append(value)
        return values

    def _longest_prefix(self, path: str, lengths: list[int]) -> tuple[int, list[Value]]:
        beginnings = (path[:length] for length in lengths)
        found = next((beginning for beginning in beginnings if beginning in self._prefixes), None)
        return (-1, []) if found is None else (len(found), list(self._prefixes[found]))


def _escape(found: re.Match[str]) -> str:
    if found[1] is None:
        return quote(found[0], safe="", errors="surrogateescape")
    character = chr(int(found[1], 16))
    return character if _UNRESERVED.fullmatch(character) else found[0].upper()
