"""What publishers reserve: that a page be archived, shown in part, used for machine learning or mined for data.

It is said in headers of a response (``X-Robots-Tag``, ``TDM-Reservation``, ``Content-Usage``, ``Content-Signal``), in
elements of a page that stand for them, and for a whole site in its robots.txt and its ``/.well-known/tdmrep.json``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from msgspec import Struct

from broadsheet.storage.usage_preferences import refused_in_signal, refused_in_usage

OptOut = Literal[
    "noarchive", "noindex", "nosnippet", "noai", "noimageai", "tdm", "train-ai", "search", "ai-input", "bots"
]
OPT_OUTS: tuple[str, ...] = get_args(OptOut)
"""All that are known: words of robots rules; ``tdm``, mining of text and data, by the TDM Reservation Protocol (W3C
community group); and uses that ``Content-Usage`` (IETF drafts aipref) or ``Content-Signal`` (Cloudflare) refuses:
``train-ai``, training of models; ``search``, showing in search results; ``ai-input``, feeding a model that answers;
``bots``, automated processing of any kind."""

ReservationSource = Literal["robots.txt", "tdmrep.json", "header", "page"]

LONGEST_VALUE = 300
"""The most characters of a statement that are kept."""

_WORDS = frozenset({"noarchive", "noindex", "nosnippet", "noai", "noimageai"})
_SAME = {"nocache": ["noarchive"], "none": ["noindex"]}
# Whom a rule is for, where it says so.
_ADDRESSED = frozenset({"robots", "googlebot", "broadsheet"})
# Rules that have a value of their own behind a colon: there it names no robot.
_WITH_VALUE = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
_TDM = "tdm-reservation"
_TDM_POLICY = "tdm-policy"


class Reservation(Struct, frozen=True, kw_only=True):
    """A statement of a publisher, and what it reserves.

    Attributes:
        source: Where it stands: ``robots.txt`` or ``tdmrep.json`` of the site, a ``header`` of the response, an element
            of the ``page``.
        value: What stands there, shortened to `LONGEST_VALUE` characters.
        optouts: What it reserves; nothing where it lifts what is said elsewhere.
    """

    source: ReservationSource
    value: str
    optouts: list[str] = []

    @property
    def is_of_tdm(self) -> bool:
        """Whether it is a statement of the TDM Reservation Protocol, of which the one nearest to a page counts."""
        return self.source == "tdmrep.json" or self.value[: len(_TDM)].lower() == _TDM


def reservation(source: ReservationSource, value: str, optouts: Iterable[str]) -> Reservation:
    """Return a statement, its opt-outs each once and in the order of `OPT_OUTS`."""
    return Reservation(source=source, value=value[:LONGEST_VALUE], optouts=in_order(optouts))


def in_headers(headers: Iterable[tuple[str, str]], source: ReservationSource = "header") -> list[Reservation]:
    """Return what headers state, those of a response or elements of a page that stand for them (``http-equiv``)."""
    stated = list(headers)
    found: list[Reservation] = []
    for name, value in stated:
        if name.lower() == "x-robots-tag" and (rules := _in_robots_tag(value.lower())):
            found.append(reservation(source, f"{name}: {value.strip()}", rules))
    for name in ("content-usage", "content-signal"):
        # All headers of a name are one value (RFC 9110, section 5.3).
        found += in_element(name, ", ".join(_values(stated, name)), source)
    of_tdm = (in_element(_TDM, value, source, *_values(stated, _TDM_POLICY)[:1]) for value in _values(stated, _TDM))
    return found + next(filter(None, of_tdm), [])


def in_element(
    name: str, content: str, source: ReservationSource = "page", policy: str | None = None
) -> list[Reservation]:
    """Return what a ``<meta>`` element of a page states, or a header of the same name.

    Args:
        name: Its name.
        content: What it says.
        source: Where it stands.
        policy: The address of a policy, where that stands beside a reservation of text and data mining.
    """
    said: set[str]
    match name.lower():
        case "content-usage":
            said = set(refused_in_usage(content))
        case "content-signal":
            said = set(refused_in_signal(content))
        case "tdm-reservation":
            return _of_tdm(content.strip(), source, policy)
        case lowered:
            said = _rules(content.lower().split(",")) if lowered in _ADDRESSED else set()
    return [reservation(source, f"{name}: {content.strip()}", said)] if said else []


def standing(*levels: Iterable[Reservation]) -> list[Reservation]:
    """Return the statements that stand of those of a site, of a response and of its page, in that order.

    Whatever is reserved anywhere is reserved (aipref-vocab, "Combining Preferences"), but for mining: there the
    statement nearest to the page supersedes the others (TDM Reservation Protocol, "Processing priority"). One that
    reserves nothing stands where it supersedes one that does.
    """
    found: list[Reservation] = []
    nearest: list[Reservation] = []
    supersedes = False
    for level in reversed(levels):
        stated = list(level)
        of_tdm = [each for each in stated if each.is_of_tdm]
        supersedes = supersedes or (bool(nearest) and any(each.optouts for each in of_tdm))
        nearest = nearest or of_tdm
        found = [each for each in stated if each.optouts and not each.is_of_tdm] + found
    return found + [each for each in nearest if each.optouts or supersedes]


def in_order(opt_outs: Iterable[str]) -> list[str]:
    """Return opt-outs, each once, in the order of `OPT_OUTS`."""
    return sorted(set(opt_outs), key=OPT_OUTS.index)


def reserved(stated: Iterable[Reservation]) -> list[str]:
    """Return what statements reserve together, in the order of `OPT_OUTS`."""
    return in_order(optout for each in stated for optout in each.optouts)


def _of_tdm(content: str, source: ReservationSource, policy: str | None) -> list[Reservation]:
    """A reservation, or that there is none; anything else is unset (TDM Reservation Protocol, "tdm-reservation")."""
    if content not in ("0", "1"):
        return []
    beside = f"; {_TDM_POLICY}: {policy.strip()}" if policy and content == "1" else ""
    return [reservation(source, f"{_TDM}: {content}{beside}", ["tdm"] if content == "1" else [])]


def _values(headers: Iterable[tuple[str, str]], name: str) -> list[str]:
    return [value for header, value in headers if header.lower() == name]


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
