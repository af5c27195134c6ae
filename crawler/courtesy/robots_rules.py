"""The rules of a robots.txt: which lines are ours, and what they say of a URL (RFC 9309 section 2.2).

Site owners try their files with Google's open-source matcher, which understands what RFC 9309 does not know: misspelt
names, a missing colon, words behind a product token. Where a file says no to that, it says no here. One thing is by
the RFC alone: escapes are compared as characters where RFC 3986 calls them the same.

Only Allow and Disallow end the list of agents that a group begins with, so that what other lines are there changes
nothing of what may be fetched (section 2.2.4): a group of nothing but a Crawl-delay goes on with the next. What those
other lines say themselves counts for the agents right above them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from broadsheet.crawler.courtesy.path_patterns import PathPatterns, normalised
from broadsheet.storage.optouts import Reservation, in_element, reservation

# Names are recognised by how they begin.
_USER_AGENT = ("user-agent", "useragent", "user agent")
_ALLOW = ("allow",)
_DISALLOW = ("disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw")
_SITEMAP = ("sitemap", "site-map")
_CRAWL_DELAY = ("crawl-delay", "crawldelay", "crawl delay")
# What may be done with what was fetched: lines of a group, with or without a path (IETF draft aipref-attach;
# Cloudflare's content signals policy).
_USAGE = ("content-usage", "content-signal")
_OF_THE_WHOLE_SITE = (*_SITEMAP, "host")

# Google's matcher cuts a line there; what is left of a rule holds.
_LONGEST_LINE = 8 * 2083 - 1
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WHITESPACE = " \t\v\f"
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_TOKEN = re.compile(r"[A-Za-z_-]*")
# No standard says how the number is written, and owners mean what they write.
_SECONDS = re.compile(r"(\d+)(?:[.,](\d+))?\s*(?:s|secs?|seconds?)?\.?", re.ASCII | re.IGNORECASE)


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
        self._access: PathPatterns[bool] = PathPatterns()
        self._usage: dict[str, PathPatterns[Reservation]] = {name: PathPatterns() for name in _USAGE}
        reserved_at: dict[tuple[str, str], set[str]] = {}
        lines = _lines(robots)
        self.sitemaps = [value for name, value in lines if name.startswith(_SITEMAP)]
        for name, value in _own_lines(lines, product_token.lower(), _is_access):
            if value and _is_access(name):
                self._add_rule(value, allows=name.startswith(_ALLOW))
        for name, value in _own_lines(lines, product_token.lower(), _is_of_group):
            if name.startswith(_CRAWL_DELAY):
                self._add_crawl_delay(value)
            elif name in _USAGE:
                self._add_usage(name, value, reserved_at)

    def allows(self, url: str) -> bool:
        """Tell whether a URL may be fetched: the rule with the most octets decides, of two equal ones the Allow."""
        said = self._access.of(url)
        return not said or any(said)

    def reservations(self, url: str) -> list[Reservation]:
        """Return what the file refuses of what may be done with a URL; of equal rules, each counts by itself."""
        stated = (each for patterns in self._usage.values() for each in patterns.of(url))
        return [each for each in stated if each.optouts]

    def _add_crawl_delay(self, value: str) -> None:
        if worded := _SECONDS.fullmatch(value):
            value = f"{worded[1]}.{worded[2] or 0}"
        try:
            delay = float(value)
        except ValueError:
            return
        if math.isfinite(delay) and delay >= 0:
            self.crawl_delay = max(delay, self.crawl_delay or 0.0)

    def _add_rule(self, value: str, *, allows: bool) -> None:
        self._access.add(value, allows)
        directory, page, rest = normalised(value).rpartition("/index.htm")
        if allows and page and rest in ("", "l"):
            # Who lets the page be fetched means the directory, too.
            self._access.add(f"{directory}/$", allows)

    def _add_usage(self, name: str, value: str, reserved_at: dict[tuple[str, str], set[str]]) -> None:
        """Add a line, unless it says nothing new of its path; one that reserves nothing goes before shorter paths."""
        path, _, said = value.replace("\t", " ").partition(" ") if value.startswith("/") else ("", "", value)
        optouts = {optout for each in in_element(name, said.strip()) for optout in each.optouts}
        known = reserved_at.get((name, path))
        if known is None or not known.issuperset(optouts):
            self._usage[name].add(path, reservation("robots.txt", f"{name}: {value}", optouts))
            reserved_at[name, path] = (known or set()) | optouts


def _is_access(name: str) -> bool:
    return name.startswith((*_ALLOW, *_DISALLOW))


def _is_of_group(name: str) -> bool:
    return not name.startswith(_OF_THE_WHOLE_SITE)


def _own_lines(
    lines: list[tuple[str, str]], product_token: str, ends_agents: Callable[[str], bool]
) -> list[tuple[str, str]]:
    """The lines of the groups for a crawler; where there are none, of those for all.

    Args:
        lines: All lines.
        product_token: What the crawler calls itself, in lower case.
        ends_agents: Tells by its name whether a line ends the list of agents that it counts for.
    """
    own: list[tuple[str, str]] = []
    for_all: list[tuple[str, str]] = []
    is_own = is_for_all = is_over = named = False
    for name, value in lines:
        if name.startswith(_USER_AGENT):
            if is_over:
                is_own = is_for_all = is_over = False
            if value[:2].rstrip(_WHITESPACE) == "*":
                is_for_all = True
            elif _token(value) == product_token:
                is_own = named = True
        elif ends_agents(name):
            is_over = True
            own += [(name, value)] if is_own else []
            for_all += [(name, value)] if is_for_all else []
    return own if named else for_all


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
