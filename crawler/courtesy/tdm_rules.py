"""What ``/.well-known/tdmrep.json`` reserves for a site: TDM Reservation Protocol, final report of 2024-05-10.

The file is a JSON array of rules with ``location``, ``tdm-reservation`` and, where there is one, ``tdm-policy``. The
first rule counts whose location matches; locations are patterns as in robots.txt.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from broadsheet.crawler.courtesy.path_patterns import PathPattern, path_of, path_pattern
from broadsheet.storage.optouts import Reservation, reservation

_LOCATION, _RESERVATION, _POLICY = "location", "tdm-reservation", "tdm-policy"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_IS_RESERVED = {1: True, "1": True, 0: False, "0": False}


class TdmRules:
    """The rules of one site.

    Args:
        file: The bytes of the file; what is no such file has no rules. Who leaves out the brackets around an only rule
            is understood.

    Attributes:
        size: How long the file is, in bytes.
    """

    def __init__(self, file: bytes = b"") -> None:
        self.size = len(file)
        self._rules: list[tuple[PathPattern, list[Reservation]]] = []
        try:
            decoded = msgspec.json.decode(file.removeprefix(_BYTE_ORDER_MARK))
        except (msgspec.DecodeError, RecursionError):
            return
        for rule in [decoded] if isinstance(decoded, dict) else decoded if isinstance(decoded, list) else []:
            if isinstance(rule, dict) and isinstance(location := rule.get(_LOCATION), str):
                self._rules.append((path_pattern(_as_path(location.strip())), _stated(rule)))

    def reservations(self, url: str) -> list[Reservation]:
        """Return what is reserved of a URL."""
        path = path_of(url)
        return next((stated for pattern, stated in self._rules if pattern.matches(path)), [])


def _stated(rule: dict[str, object]) -> list[Reservation]:
    """What a rule reserves; a value that is none of the protocol's leaves it unset."""
    value = rule.get(_RESERVATION)
    if not isinstance(value, (int, str)) or not _IS_RESERVED.get(value):
        return []
    told = {name: rule[name] for name in (_LOCATION, _RESERVATION, _POLICY) if name in rule}
    return [reservation("tdmrep.json", msgspec.json.encode(told).decode(), ["tdm"])]


def _as_path(location: str) -> str:
    """A location without scheme and host, which some write, and with the slash that others leave out."""
    if location.lower().startswith(("http://", "https://")):
        try:
            parts = urlsplit(location)
        except ValueError:
            return location
        location = parts.path + (f"?{parts.query}" if parts.query else "")
    return location if location.startswith(("/", "*")) else f"/{location}"
