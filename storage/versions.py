"""What makes a version: the digest of an article's content, classes of change, the verdict on a capture."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable
from typing import Literal
from urllib.parse import urljoin

import msgspec
from msgspec import Struct

from broadsheet.storage.captures import Capture
from broadsheet.storage.errors import ArchiveDamagedError, NoSuchObjectError
from broadsheet.storage.model import Article, Change, Date, Outcome, PageKind, SnapshotDocument
from broadsheet.storage.optouts import Reservation
from broadsheet.storage.urls import is_front_page, site

OutlinkKind = Literal["link", "feed", "sitemap"]

# 404, 410: the page is not there (RFC 9110 15.5.5, 15.5.11). 451: it may not be shown (RFC 7725).
_GONE = frozenset({404, 410, 451})
# Not of a page as a whole: created, accepted (walls against robots answer so), nothing, a part that nobody asked for
# (RFC 9110 15.3), WebDAV (RFC 4918, 5842), a difference to what somebody holds (RFC 3229).
_NO_PAGE = frozenset({201, 202, 204, 205, 206, 207, 208, 226})
PRESENT = frozenset(range(200, 300)) - _NO_PAGE
"""A page came: 200, 203 (a proxy transformed it), or a success that nobody knows and counts as 200 (RFC 9110 15)."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Outlink(Struct, frozen=True, array_like=True):
    """A URL that a page leads to, and what it was announced as."""

    url: str
    kind: OutlinkKind = "link"


class Finding(Struct, frozen=True, kw_only=True):
    """What the reading of a capture's page came to, as far as the archive cares.

    Attributes:
        kind: What the page is.
        article: The article, where the page is one.
        is_doubtful: Whether it was taken for an article only because somebody asked for it.
        canonical_url: The canonical URL that the page claims.
        reason: Why the page is an article, or why not.
        failure: Why the page could not be read, so that only its bytes are kept.
        outlinks: What it leads to.
        reservations: What the page itself states that its publisher reserves.
    """

    kind: PageKind = "other"
    article: Article | None = None
    is_doubtful: bool = False
    canonical_url: str | None = None
    reason: str | None = None
    failure: str | None = None
    outlinks: list[Outlink] = []
    reservations: list[Reservation] = []


class Standing(Struct, frozen=True, kw_only=True):
    """The version that stood when a capture was made, as its writer knew it.

    Attributes:
        snapshot_key: Its key.
        content: 16 hex digits of its content digest.
        state: Whether the article stands or vanished.
        payload_digest: The digest of the body in which it was last seen; None where none is held.
    """

    snapshot_key: str
    content: str
    state: Literal["live", "gone"]
    payload_digest: str | None = None


class Verdict(Struct, frozen=True, kw_only=True):
    """What a capture means for its article; with a `digest` where a new version begins."""

    outcome: Outcome | None
    reason: str | None = None
    state: Literal["live", "gone"] = "live"
    changes: list[Change] = []
    digest: str | None = None

    @property
    def is_version(self) -> bool:
        """Whether a new version begins."""
        return self.digest is not None


def content_digest(article: Article | None, canonical_url: str | None) -> str:
    """Return ``sha256:`` and the digest of what makes a version, normalised; of a vanished article with None.

    Title, subtitle, text, byline, the dates that the page states, access and canonical URL, with Unicode
    normalised (NFC) and white space folded. Pictures, related links and boxes make no version.
    """
    content = ["gone"] if article is None else list(_content(article, canonical_url).values())
    return "sha256:" + hashlib.sha256(msgspec.json.encode(content)).hexdigest()


def content_name(digest: str) -> str:
    """Return the 16 hex digits of a content digest that stand in a snapshot's key."""
    return digest.removeprefix("sha256:")[:16]


def changes_between(before: SnapshotDocument, article: Article, canonical_url: str | None) -> list[Change]:
    """Return the classes of change from one version to the next, in the contract's order."""
    if before.article is None:
        return ["restored"]
    old, new = _content(before.article, before.canonical_url), _content(article, canonical_url)
    return [change for change, value in new.items() if old[change] != value]


def judge(
    capture: Capture,
    finding: Finding | None,
    standing: Standing | None,
    read: Callable[[str], SnapshotDocument],
) -> Verdict:
    """Decide what a capture means for its article.

    Args:
        capture: The capture.
        finding: What reading its page came to; None where it was not read (revisits, errors, redirects).
        standing: The version that stands, or None.
        read: Reads a snapshot by its key; called only when something changed.
    """
    if capture.request.purpose != "page":
        return Verdict(outcome=None)
    if capture.status in _GONE or _leads_to_front_page(capture):
        return _vanished(capture, standing)
    if capture.status in REDIRECTS:
        return Verdict(outcome=None)
    if capture.revisit:
        return _repeated(capture, standing)
    if capture.truncated:
        return Verdict(outcome="failed", reason=f"the response is not whole ({capture.truncated})")
    if capture.status not in PRESENT:
        reason = f"HTTP {capture.status}" if capture.status else "no HTTP response"
        return Verdict(outcome="failed", reason=reason)
    return _present(finding or Finding(reason="pages are not read"), standing, read)


def redirect_location(capture: Capture) -> str | None:
    """Return where a redirecting capture leads, absolute, or None."""
    location = capture.header("location") if capture.status in REDIRECTS else None
    if not location:
        return None
    try:
        return urljoin(capture.url, _as_browsers_read(location).strip())
    except ValueError:
        return None


def _as_browsers_read(header: str) -> str:
    """Return a header as UTF-8 where it is that: servers send addresses as they stand in their database."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeDecodeError:
        return header


def _repeated(capture: Capture, standing: Standing | None) -> Verdict:
    if standing is None:
        return Verdict(outcome="not_article", reason="the body is one that was read before, and no article's")
    if capture.payload_digest == standing.payload_digest:
        return Verdict(outcome="unchanged")
    # It was recorded while another version stood. The next look stores the body and reads it.
    return Verdict(outcome="failed", reason="the page went back to an earlier body: it will be read at the next look")


def _present(finding: Finding, standing: Standing | None, read: Callable[[str], SnapshotDocument]) -> Verdict:
    if finding.failure:
        return Verdict(outcome="failed", reason=finding.failure)
    if finding.article is None:
        return Verdict(outcome="not_article", reason=finding.reason)
    digest = content_digest(finding.article, finding.canonical_url)
    if standing is None:
        return Verdict(outcome="new", digest=digest)
    if standing.content == content_name(digest):
        return Verdict(outcome="unchanged")
    try:
        before = read(standing.snapshot_key)
    except (ArchiveDamagedError, NoSuchObjectError) as error:
        # That it changed is certain from the key; in what, nobody can tell any more.
        reason = f"the version before it cannot be read: {error}"
        return Verdict(outcome="changed", reason=reason, digest=digest)
    changes = changes_between(before, finding.article, finding.canonical_url)
    if finding.is_doubtful and (before.article is None or {"headline", "body"} <= set(changes)):
        # With status 200, and nothing of the article is left on it.
        return Verdict(outcome="not_article", reason=f"another page in place of the article: {finding.reason}")
    return Verdict(outcome="changed", changes=changes, digest=digest)


def _vanished(capture: Capture, standing: Standing | None) -> Verdict:
    reason = f"HTTP {capture.status}"
    if capture.status in REDIRECTS:
        reason += ", redirected to the front page"
    if standing is None:
        # A front page that somebody asks for through a redirect is a redirect, not a loss.
        return Verdict(outcome="failed" if capture.status in _GONE else None, reason=reason)
    if standing.state == "gone":
        return Verdict(outcome="unchanged", reason=reason)
    return Verdict(outcome="gone", reason=reason, state="gone", changes=["removed"], digest=content_digest(None, None))


def _leads_to_front_page(capture: Capture) -> bool:
    location = redirect_location(capture)
    if location is None:
        return False
    try:
        # Another host's front page is where consent, log-in and maintenance pages are.
        same = site(location) == site(capture.filed_as)
        return same and is_front_page(location) and not is_front_page(capture.filed_as)
    except ValueError:
        return False


def _content(article: Article, canonical_url: str | None) -> dict[Change, object]:
    return {
        "headline": [None if _is_from_feed(article, "title") else _fold(article.title), _fold(article.subtitle)],
        "body": _fold(article.text),
        "byline": [_fold(author.name) for author in article.authors if not _is_from_feed(article, "authors")],
        "published": _stated(article, "published", article.published),
        "modified": _stated(article, "modified", article.modified),
        "access": article.subscription.access,
        "canonical": canonical_url,
    }


def _fold(text: str | None) -> str | None:
    return None if text is None else " ".join(unicodedata.normalize("NFC", text).split()) or None


def _stated(article: Article, role: str, date: Date | None) -> str | None:
    """Return a date as the page states it: what a feed says of a page depends on the way it was found by."""
    if date is None or not _is_from_feed(article, role):
        return date.value if date else None
    candidates = article.provenance[role].candidates
    own = [candidate.value for candidate in candidates if candidate.source != "feed"]
    agreeing = [value for value in own if date.value.startswith(value)]
    return max(agreeing, key=len, default=own[0] if own else None)


def _is_from_feed(article: Article, field: str) -> bool:
    provenance = article.provenance.get(field)
    return provenance is not None and provenance.source == "feed"
