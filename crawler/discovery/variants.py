"""One address for each article: which addresses are variants of one, and which one it is read at.

What makes no difference to any server (http or https, ``www``, tracking parameters) is `storage.urls.identity`, by
which snapshots are filed. What is here may make one, so that nothing is filed by it: a variant is not fetched where its
plain form can be had, and a page that claims another address of its site is read there.
"""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

from broadsheet.storage.errors import InvalidURLError
from broadsheet.storage.urls import identity, is_front_page, normalise, site
from broadsheet.storage.versions import Finding

# Java's and PHP's in the path, and ASP.NET's (cookieless sessions).
_PATH_SESSION = re.compile(
    r";(?:jsessionid|phpsessid|sessionid|sid)=[^/;]*|/\((?:[a-z]\([0-9a-z]{24}\))+\)", re.IGNORECASE
)
_SESSION_NAME = re.compile(r"jsessionid|phpsessid|session_?id|aspsessionid[a-z]{8}|cfid|cftoken", re.IGNORECASE)
# These may name a story as well: only what looks random is a session.
_SHORT_SESSION_NAME = re.compile(r"sid|s|session", re.IGNORECASE)
_RANDOM = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[0-9A-Za-z]{16,}|[0-9a-f]{32,}")
_VARIANT_SEGMENTS = frozenset({"amp", "print"})
_VARIANT_NAMES = frozenset({"amp", "print", "printable"})
_SAYS_YES = frozenset({"", "1", "true", "yes", "y", "amp", "print"})
_FORM_NAMES = frozenset({"output", "outputtype", "mode", "view", "format"})
_AMP_ENDING = re.compile(r"\.amp(?=\.html?$|$)", re.IGNORECASE)


# The navigation of a site links the same pages from every page.
@lru_cache(maxsize=4096)
def plain_form(url: str) -> str:
    """Return an address without session id and without what makes it that of an AMP or print page.

    Args:
        url: Its normal form. Where nothing is to be left out, it is what is returned.
    """
    parts = urlsplit(url)
    path, query = _plain_path(parts.path), _plain_query(parts.query)
    if (path, query) == (parts.path, parts.query):
        return url
    plain = normalise(urlunsplit((parts.scheme, parts.netloc, path, query, "")))
    # What leads to the front page names no article: /amp and /print are pages of their own.
    return url if is_front_page(plain) and not is_front_page(_without_query(url)) else plain


def slash_twin(url: str) -> str | None:
    """Return the address with or without the slash at its end, whichever it is not; None where there is none."""
    parts = urlsplit(url)
    if parts.path in ("", "/") or posixpath.splitext(parts.path)[1]:
        return None
    path = parts.path[:-1] if parts.path.endswith("/") else f"{parts.path}/"
    return None if path.endswith("//") else urlunsplit(parts._replace(path=path))


def claimed_address(url: str, canonical: str | None) -> str | None:
    """Return the other address of its site that a page claims for itself (RFC 6596), or None where it claims none.

    A claim to another site is only that, and one to the front page is a mistake of templates.
    """
    if canonical is None:
        return None
    try:
        claimed = normalise(canonical)
    except InvalidURLError:
        return None
    if site(claimed) != site(url) or identity(claimed) == identity(url) or is_front_page(claimed):
        return None
    return claimed


def variant_finding(finding: Finding, address: str) -> Finding:
    """Return what a page was read as that shows the article of another address."""
    return Finding(kind="variant", reason=f"a variant of {address}", outlinks=finding.outlinks)


def _plain_path(path: str) -> str:
    path = _AMP_ENDING.sub("", _PATH_SESSION.sub("", path))
    segments = path.split("/")
    named = [place for place, segment in enumerate(segments) if segment]
    while len(named) > 1 and segments[named[-1]].lower() in _VARIANT_SEGMENTS:
        # What was behind the segment stays as it was: a slash, or nothing.
        del segments[named.pop()]
    while len(named) > 1 and segments[named[0]].lower() in _VARIANT_SEGMENTS:
        del segments[named[0]]
        named = [place for place, segment in enumerate(segments) if segment]
    return "/".join(segments) or "/"


def _plain_query(query: str) -> str:
    return "&".join(part for part in query.split("&") if not _is_left_out(*part.partition("=")[::2]))


def _is_left_out(name: str, value: str) -> bool:
    name = name.lower()
    return bool(
        _SESSION_NAME.fullmatch(name)
        or (_SHORT_SESSION_NAME.fullmatch(name) and _RANDOM.fullmatch(value))
        or (name in _VARIANT_NAMES and value.lower() in _SAYS_YES)
        or (name in _FORM_NAMES and value.lower() in _VARIANT_SEGMENTS)
    )


def _without_query(url: str) -> str:
    return url.partition("?")[0]
