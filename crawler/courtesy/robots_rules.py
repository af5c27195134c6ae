"""The rules of a robots.txt: which lines are ours, and what they say of a URL (RFC 9309 section 2.2).

Site owners try their files with Google's open-source matcher, which understands what RFC 9309 does not know: misspelt
names, a missing colon, words behind a product token. Where a file says no to that, it says no here. Two things are by
the RFC alone: escapes are compared as characters where RFC 3986 calls them the same, and a sitemap ends no group.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple
from urllib.parse import quote

# Names are recognised by how they begin.
_USER_AGENT = ("user-agent", "useragent", "user agent")
_ALLOW = ("allow",)
_DISALLOW = ("disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw")
_SITEMAP = ("sitemap", "site-map")
_CRAWL_DELAY = ("crawl-delay", "crawldelay", "crawl delay")
_OF_THE_WHOLE_SITE = (*_SITEMAP, "host")

# Google's matcher cuts a line there; what is left of a rule holds.
_LONGEST_LINE = 8 * 2083 - 1
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WHITESPACE = " \t\v\f"
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_TOKEN = re.compile(r"[A-Za-z_-]*")
_PATH = re.compile(r"[^:/?#]+://[^/?#]*([^#]*)")
_ESCAPED_OR_TO_BE = re.compile(r"%([0-9A-Fa-f]{2})|[^!-~]|[\"<>\\^`{|}]")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


class _Pattern(NamedTuple):
    """A pattern with a ``*`` or an end, as what has to follow one another in a path."""

    octets: int
    allows: bool
    parts: list[str]
    to_the_end: bool

    def matches(self, path: str) -> bool:
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


class RobotsRules:
    """What a robots.txt says to one crawler.

    Args:
        robots: The bytes of the file.
        product_token: What the crawler calls itself in such files.

    Attributes:
        crawl_delay: Seconds between requests that it asks for, or None. Not in RFC 9309, but widely used.
        sitemaps: The sitemaps it names, as it names them.
    """

    def __init__(self, robots: bytes, product_token: str) -> None:
        self.crawl_delay: float | None = None
        self.sitemaps: list[str] = []
        self._prefixes: dict[str, bool] = {}
        self._patterns: list[_Pattern] = []
        for name, value in self._own_lines(robots, product_token.lower()):
            if name.startswith(_CRAWL_DELAY):
                self._add_crawl_delay(value)
            elif value and name.startswith((*_ALLOW, *_DISALLOW)):
                self._add_rule(value, allows=name.startswith(_ALLOW))
        self._lengths = sorted({len(prefix) for prefix in self._prefixes}, reverse=True)
        self._patterns.sort(reverse=True)
        self._beginnings = tuple({pattern.parts[0] for pattern in self._patterns})

    def allows(self, url: str) -> bool:
        """Tell whether a URL may be fetched: the rule with the most octets decides, of two equal ones the Allow."""
        found = _PATH.match(url)
        path = _normalised(found[1] if found else "").replace("*", "%2A").replace("$", "%24")
        path = path if path.startswith("/") else f"/{path}"
        return max(self._longest_prefix(path), self._longest_pattern(path))[1]

    def _longest_prefix(self, path: str) -> tuple[int, bool]:
        """The octets of the longest rule without special characters that matches, and what it says."""
        beginnings = (path[:length] for length in self._lengths)
        return next(((len(found), self._prefixes[found]) for found in beginnings if found in self._prefixes), (0, True))

    def _longest_pattern(self, path: str) -> tuple[int, bool]:
        """The same for the rules with special characters."""
        if not path.startswith(self._beginnings):
            return (0, True)
        matching = (pattern for pattern in self._patterns if pattern.matches(path))
        return next(((pattern.octets, pattern.allows) for pattern in matching), (0, True))

    def _own_lines(self, robots: bytes, product_token: str) -> list[tuple[str, str]]:
        """The lines of the groups for the crawler; where there are none, of those for all. Sitemaps are noted."""
        own: list[tuple[str, str]] = []
        for_all: list[tuple[str, str]] = []
        is_own = is_for_all = in_rules = named = False
        for name, value in _lines(robots):
            if name.startswith(_USER_AGENT):
                if in_rules:
                    is_own = is_for_all = in_rules = False
                if value[:2].rstrip(_WHITESPACE) == "*":
                    is_for_all = True
                elif _token(value) == product_token:
                    is_own = named = True
            elif name.startswith(_SITEMAP):
                self.sitemaps.append(value)
            elif not name.startswith(_OF_THE_WHOLE_SITE):
                in_rules = True
                if is_own:
                    own.append((name, value))
                if is_for_all:
                    for_all.append((name, value))
        return own if named else for_all

    def _add_crawl_delay(self, value: str) -> None:
        try:
            delay = float(value)
        except ValueError:
            return
        if math.isfinite(delay) and delay >= 0:
            self.crawl_delay = max(delay, self.crawl_delay or 0.0)

    def _add_rule(self, value: str, *, allows: bool) -> None:
        pattern = _normalised(value)
        octets, to_the_end = len(pattern), pattern.endswith("$")
        parts = [part.replace("$", "%24") for part in re.split(r"\*+", pattern.removesuffix("$"))]
        if len(parts) > 1 or to_the_end:
            self._patterns.append(_Pattern(octets, allows, parts, to_the_end))
        else:
            self._prefixes[parts[0]] = allows or self._prefixes.get(parts[0], False)
        directory, page, rest = pattern.rpartition("/index.htm")
        if allows and page and rest in ("", "l"):
            # Who lets the page be fetched means the directory, too.
            self._add_rule(f"{directory}/$", allows=True)


def _lines(robots: bytes) -> list[tuple[str, str]]:
    """The name, in lower case, and the value of every line that has both."""
    for length in (3, 2, 1):
        # Of a mark that was cut, its rest is no part of the first name either.
        if robots.startswith(_BYTE_ORDER_MARK[:length]):
            robots = robots[length:]
            break
    text = robots.decode("utf-8", "surrogateescape")
    return [named for line in _LINE_ENDS.split(text) if (named := _named(line[:_LONGEST_LINE])) is not None]


def _named(line: str) -> tuple[str, str] | None:
    content = line.partition("#")[0].strip(_WHITESPACE)
    name, colon, value = content.partition(":")
    if not colon:
        words = content.split()
        if len(words) != 2:
            return None
        name, value = words
    name = name.strip(_WHITESPACE).lower()
    return (name, value.strip(_WHITESPACE)) if name else None


def _token(value: str) -> str:
    """The product token that a User-agent line begins with: ``Broadsheet`` of ``Broadsheet/1.0 (news)``."""
    found = _TOKEN.match(value)
    return found[0].lower() if found else ""


def _normalised(path: str) -> str:
    """A path with as few escapes as RFC 3986 section 6.2.2 allows, in capitals, and all that need to be."""
    return _ESCAPED_OR_TO_BE.sub(_escape, path)


def _escape(found: re.Match[str]) -> str:
    if found[1] is None:
        return quote(found[0], safe="", errors="surrogateescape")
    character = chr(int(found[1], 16))
    return character if _UNRESERVED.fullmatch(character) else found[0].upper()
