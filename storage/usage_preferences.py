"""What ``Content-Usage`` and ``Content-Signal`` say of the uses that a publisher refuses.

``Content-Usage`` is a dictionary of structured fields (RFC 9651, section 3.2), in a header or a line of robots.txt
(IETF drafts aipref-attach and aipref-vocab); ``Content-Signal`` is Cloudflare's content signals policy
(contentsignals.org), in robots.txt and, where pages are made anew for machines, in a header.
"""

from __future__ import annotations

import re
from typing import Literal

Use = Literal["tdm", "train-ai", "search", "ai-input", "bots"]

# The labels of the drafts have changed, and sites keep what they once wrote: those of aipref-vocab-01 to -08.
_USES: dict[str, tuple[Use, ...]] = {
    "bots": ("bots", "tdm", "train-ai", "search", "ai-input"),
    "all": ("bots", "tdm", "train-ai", "search", "ai-input"),
    "tdm": ("bots", "tdm", "train-ai", "search", "ai-input"),
    "train-ai": ("train-ai",),
    "ai": ("train-ai",),
    "train-genai": ("train-ai",),
    "genai": ("train-ai",),
    "search": ("search",),
    "ai-use": ("ai-input",),
    "ai-output": ("ai-input",),
    "inference": ("ai-input",),
    "infer-user": ("ai-input",),
    "infer-system": ("ai-input",),
}
# Those that stand for all uses: what is said of one use in particular counts more (aipref-vocab, "Consulting").
_GENERAL = frozenset({"bots", "all", "tdm"})
_SIGNALS: dict[str, Use] = {"search": "search", "ai-input": "ai-input", "ai-train": "train-ai"}

_KEY = r"[a-z*][a-z0-9_.*-]*"
_BARE_ITEM = (
    r"(?:-?[0-9]{1,12}\.[0-9]{1,3}|-?[0-9]{1,15}|@-?[0-9]{1,15}|\?[01]|:[A-Za-z0-9+/=]*:"
    r'|%?"(?:[ !#-\[\]-~]|\\["\\])*"'
    r"|[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*)"
)
_PARAMETERS = rf"(?:;[ ]*{_KEY}(?:={_BARE_ITEM})?)*"
_INNER_LIST = rf"\([ ]*(?:{_BARE_ITEM}{_PARAMETERS}(?:[ ]+|(?=\))))*\)"
# Compiled when it is first needed: few processes read such a value.
_MEMBER = rf"({_KEY})(?:=(?:({_BARE_ITEM})|{_INNER_LIST}))?{_PARAMETERS}"
_BETWEEN = re.compile(r"[ \t]*,[ \t]*")


def refused_in_usage(value: str) -> set[Use]:
    """Return the uses that the value of a ``Content-Usage`` refuses; none where it is no dictionary."""
    said = {label: answer for label, answer in _dictionary(value).items() if label in _USES}
    refused = {use for label, answer in said.items() if answer == "n" for use in _USES[label]}
    if not any(said.get(label) == "n" for label in _GENERAL):
        return refused
    allowed = {use for label, answer in said.items() if answer == "y" and label not in _GENERAL for use in _USES[label]}
    in_particular = {use for label in said.keys() - _GENERAL if said[label] == "n" for use in _USES[label]}
    return (refused - allowed) | in_particular


def refused_in_signal(value: str) -> set[Use]:
    """Return the uses that the value of a ``Content-Signal`` refuses."""
    pairs = (part.partition("=") for part in value.lower().split(","))
    return {_SIGNALS[name.strip()] for name, _, said in pairs if said.strip() == "no" and name.strip() in _SIGNALS}


def _dictionary(value: str) -> dict[str, str | None]:
    """The members of a dictionary, of equal keys the last; the value of one that is no item is None."""
    members: dict[str, str | None] = {}
    value = value.strip(" ")
    member = re.compile(_MEMBER)
    place = 0
    while place < len(value):
        found = member.match(value, place)
        if found is None:
            return {}
        members[found[1]] = found[2]
        place = found.end()
        if place == len(value):
            break
        between = _BETWEEN.match(value, place)
        if between is None or between.end() == len(value):
            return {}
        place = between.end()
    return members
