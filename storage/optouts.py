"""What publishers reserve: that a page be archived, shown in part, used for machine learning or mined for data.

It is said in headers of a response (``X-Robots-Tag``, ``TDM-Reservation``, ``Content-Usage``) or in elements of a page
that stand for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal, get_args

OptOut = Literal["noarchive", "noindex", "nosnippet", "noai", "noimageai", "tdm", "train-ai"]
OPT_OUTS: tuple[str, ...] = get_args(OptOut)
"""All that are known: words of robots rules; ``tdm``, mining of text and data, by the TDM Reservation Protocol (W3C
community group); and ``train-ai``, training of models, by ``Content-Usage`` (IETF draft aipref-attach)."""

_WORDS = frozenset(OPT_OUTS) - {"tdm", "train-ai"}
_SAME = {"nocache": ["noarchive"], "none": ["noindex"]}
# Whom a rule is for, where it says so.
_ADDRESSED = frozenset({"robots", "googlebot", "broadsheet"})
# Rules that have a value of their own behind a colon: there it names no robot.
_WITH_VALUE = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
_AI_TRAINING_REFUSED = re.compile(r"(?:^|,)\s*train-ai\s*=\s*n\s*(?:[,;]|$)")


def in_headers(headers: Iterable[tuple[str, str]]) -> set[str]:
    """Return what the headers of a response reserve."""
    found: set[str] = set()
    for name, value in headers:
        match name.lower():
            case "x-robots-tag":
                found |= _in_robots_tag(value.lower())
            case "tdm-reservation" | "content-usage":
                found |= in_element(name, value)
    return found


def in_element(name: str, content: str) -> set[str]:
    """Return what a ``<meta>`` element of a page reserves."""
    name, content = name.lower(), content.lower()
    if name in _ADDRESSED:
        return _rules(content.split(","))
    if name == "tdm-reservation" and content.strip() == "1":
        return {"tdm"}
    if name == "content-usage" and _AI_TRAINING_REFUSED.search(content):
        return {"train-ai"}
    return set()


def in_order(opt_outs: Iterable[str]) -> list[str]:
    """Return opt-outs, each once, in the order of `OPT_OUTS`."""
    return sorted(set(opt_outs), key=OPT_OUTS.index)


def _in_robots_tag(value: str) -> set[str]:
    """The rules of an ``X-Robots-Tag``: for all robots, or behind a name and a colon for one."""
    ours: list[str] = []
    is_for_us = True
    for part in value.split(","):
        name, colon, rule = (each.strip() for each in part.partition(":"))
        names_robot = colon and name not in _WITH_VALUE
        if names_robot:
            is_for_us = name in _ADDRESSED
        if is_for_us:
            ours.append(rule if names_robot else name)
    return _rules(ours)


def _rules(rules: Sequence[str]) -> set[str]:
    words = {rule.strip() for rule in rules}
    return {meant for word in words for meant in _SAME.get(word, [word]) if meant in _WORDS}
