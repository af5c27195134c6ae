"""What the publisher of a capture reserves, by all that is known of it, and whether it is kept out of the archive."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from broadsheet.storage.captures import Capture
from broadsheet.storage.errors import MessageError
from broadsheet.storage.http.messages import decoded_body, parse_response
from broadsheet.storage.optouts import Reservation, in_element, in_headers, reserved, standing
from broadsheet.storage.versions import PRESENT, Finding

# They say for a whole site what may be done with it, and are kept whatever they say.
_OF_THE_SITE = frozenset({"robots", "tdmrep"})
_LONGEST_PAGE = 32 * 1024 * 1024
_MOST_ELEMENTS = 1_000
_META = re.compile(r"<meta\s[^>]{0,2000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([a-z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)


def stated(capture: Capture, finding: Finding | None) -> list[Reservation]:
    """Return the statements that reserve something of a capture: of its site, of its response and of its page.

    Args:
        capture: The capture; its request tells what the site says, and of a revisit what the page that it repeats did.
        finding: What reading its page came to, where it was read.
    """
    known = capture.request.reservations
    of_page = finding.reservations if finding else [each for each in known if each.source == "page"]
    of_site = [each for each in known if each.source != "page"]
    return standing(of_site, in_headers(capture.headers), of_page)


def opted_out(capture: Capture, finding: Finding | None, response: Callable[[], bytes]) -> list[str]:
    """Return the opt-outs for which a capture is not archived; none where it holds no page, picture or the like.

    What is known to have been fetched for a page that is reserved is so itself, whatever it holds. A page that could
    not be read, or of which a part is missing, is looked at for what it says all the same.

    Args:
        capture: The capture; its request names what is obeyed.
        finding: What reading its page came to, where it was read.
        response: Returns the response as received.
    """
    obeyed = capture.request.obey
    if capture.request.page_reserves:
        return capture.request.page_reserves
    if not obeyed or capture.request.purpose in _OF_THE_SITE or capture.status not in PRESENT:
        return []
    if capture.is_html and not capture.revisit and (finding is None or finding.failure):
        finding = Finding(reservations=in_markup(response()))
    return [optout for optout in reserved(stated(capture, finding)) if optout in obeyed]


def in_markup(response: bytes) -> list[Reservation]:
    """Return what the ``<meta>`` elements in the page of a response state, as far as they can be found in its bytes."""
    try:
        page = decoded_body(parse_response(response), limit=_LONGEST_PAGE)
    except MessageError:
        return []
    if b"\0" in page[:4]:
        page = page.replace(b"\0", b"")  # UTF-16: what is looked for is ASCII.
    found: list[Reservation] = []
    for _, element in zip(range(_MOST_ELEMENTS), _META.finditer(page.decode("latin-1")), strict=False):
        attributes = {name.lower(): unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(element[0])}
        content = attributes.get("content", "")
        found += in_element(attributes.get("name", ""), content)
        found += in_headers([(attributes.get("http-equiv", ""), content)], "page")
    return found
