"""The cases in groups, each of which is one crawl."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hostile import bombs, documents, messages, redirects
from hostile.cases import Case

GROUPS: dict[str, Callable[[], Iterable[Case]]] = {
    "locations": lambda: redirects.BY_LOCATION,
    "pages": lambda: redirects.BY_PAGE,
    "listings": lambda: redirects.BY_LISTING,
    "names": lambda: [*redirects.BY_NAME, *redirects.HAPPY],
    "wire": lambda: messages.FROM_THE_WIRE,
    "statuses": lambda: messages.STATUS,
    "framing": lambda: messages.FRAMING,
    "loops": lambda: messages.LOOPS,
    "tls": lambda: messages.TLS,
    "bombs": bombs.bombs,
    "endless": lambda: bombs.ENDLESS,
    "heavy": lambda: bombs.HEAVY,
    "slow": lambda: bombs.SLOW,
    "charsets": lambda: documents.CHARSETS,
    "types": lambda: documents.TYPES,
    "markup": lambda: documents.MARKUP,
    "json": lambda: documents.JSON,
    "xml": lambda: documents.MARKUP_LANGUAGE,
    "robots": lambda: documents.ROBOTS,
}
