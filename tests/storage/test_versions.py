"""What makes a version, and what every answer of a server means for the article that is filed there."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from archiving.writer import EXTRACTOR, moment
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.storage.captures import Capture, Request
from broadsheet.storage.errors import ArchiveDamagedError, NoSuchObjectError
from broadsheet.storage.model import (
    Article,
    Author,
    Candidate,
    Change,
    Date,
    FieldSource,
    HttpAnswer,
    Image,
    Provenance,
    RelatedLink,
    SnapshotDocument,
    Subscription,
    SubscriptionBlock,
    WarcLocation,
)
from broadsheet.storage.versions import (
    Finding,
    Standing,
    Verdict,
    changes_between,
    content_digest,
    content_name,
    judge,
    redirect_location,
)

URL = "https://news.example/a"
KEY = "snapshot/of/the/version/that/stands.json"
BODY = "sha256:" + "0" * 64
CANONICAL = "https://news.example/canonical"
ARTICLE = Article(
    title="A title",
    subtitle="A subtitle",
    text="The first paragraph.\nThe second.",
    authors=[Author(name="Ann Example")],
    published=Date(value="2026-11-22T09:00:00+01:00", precision="second", zone="stated"),
    subscription=Subscription(access="free"),
)
OTHER = msgspec.structs.replace(ARTICLE, text="Another text.")
LATER = Date(value="2026-11-23", precision="day", zone="unknown")


def capture(status: int | None = 200, **fields: Any) -> Capture:
    named: dict[str, Any] = {"url": URL, "captured_at": moment(0), "record_id": "urn:uuid:0", "payload_digest": BODY}
    return Capture(**(named | {"status": status} | fields))


def redirect(location: str, status: int = 301, **fields: Any) -> Capture:
    return capture(status, headers=[("Location", location)], **fields)


def found(article: Article | None = ARTICLE, **fields: Any) -> Finding:
    return Finding(**({"article": article, "canonical_url": CANONICAL} | fields))


def document(article: Article | None = ARTICLE) -> SnapshotDocument:
    return SnapshotDocument(
        url=URL,
        final_url=URL,
        canonical_url=None if article is None else CANONICAL,
        surt="",
        captured_at=moment(0),
        state="live" if article else "gone",
        content_digest=content_digest(article, CANONICAL),
        http=HttpAnswer(status=200),
        warc=WarcLocation(key="", offset=0, length=0, record_id=""),
        article=article,
        extractor=EXTRACTOR,
    )


def standing(article: Article | None = ARTICLE, payload_digest: str | None = BODY) -> Standing:
    return Standing(
        snapshot_key=KEY,
        content=content_name(content_digest(article, CANONICAL)),
        state="live" if article else "gone",
        payload_digest=payload_digest if article else None,
    )


def reading(article: Article | None = ARTICLE) -> Callable[[str], SnapshotDocument]:
    def read(key: str) -> SnapshotDocument:
        assert key == KEY
        return document(article)

    return read


def reading_nothing(key: str) -> SnapshotDocument:
    raise AssertionError(f"nothing changed, and {key} was read")


def verdict_on(
    seen: Capture, finding: Finding | None = None, before: Article | str | None = "nothing"
) -> tuple[str | None, list[Change], bool]:
    """The outcome, the classes of change, and whether a version begins."""
    stands = None if isinstance(before, str) else standing(before)
    read = reading_nothing if isinstance(before, str) else reading(before)
    verdict = judge(seen, finding, stands, read)
    return verdict.outcome, verdict.changes, verdict.is_version


def test_the_first_article_at_a_url_is_new() -> None:
    verdict = judge(capture(), found(), None, reading_nothing)

    assert verdict == Verdict(outcome="new", digest=content_digest(ARTICLE, CANONICAL))


@pytest.mark.parametrize("status", [200, 203, 299])
def test_the_same_article_again_is_unchanged(status: int) -> None:
    assert judge(capture(status), found(), standing(), reading_nothing) == Verdict(outcome="unchanged")


CHANGES: list[tuple[Change, dict[str, Any]]] = [
    ("headline", {"title": "Another title"}),
    ("headline", {"title": None}),
    ("headline", {"subtitle": "Another subtitle"}),
    ("body", {"text": "Another text."}),
    ("byline", {"authors": []}),
    ("byline", {"authors": [Author(name="Ann Example"), Author(name="Bob Example")]}),
    ("published", {"published": LATER}),
    ("modified", {"modified": LATER}),
    ("access", {"subscription": Subscription(access="paywalled")}),
]


@pytest.mark.parametrize(("change", "fields"), CHANGES)
def test_a_change_of_the_article_is_a_version_and_says_what_changed(change: Change, fields: dict[str, Any]) -> None:
    after = msgspec.structs.replace(ARTICLE, **fields)

    assert verdict_on(capture(), found(after), ARTICLE) == ("changed", [change], True)


def test_another_canonical_url_is_a_version() -> None:
    finding = found(canonical_url="https://news.example/elsewhere")

    assert verdict_on(capture(), finding, ARTICLE) == ("changed", ["canonical"], True)


def test_all_that_changed_is_told_in_the_order_of_the_contract() -> None:
    finding = found(Article(), canonical_url=None)

    assert changes_between(document(), Article(modified=LATER), None) == [
        "headline",
        "body",
        "byline",
        "published",
        "modified",
        "access",
        "canonical",
    ]
    assert verdict_on(capture(), finding, ARTICLE)[0] == "changed"


@pytest.mark.parametrize(
    "fields",
    [
        {"images": [Image(url="https://news.example/a.jpg")]},
        {"related": [RelatedLink(url="https://news.example/b")]},
        {"tags": ["news"], "section": "Town", "language": "en", "site_name": "News"},
        {"provenance": {"title": Provenance(source="meta")}},
        {"subscription": Subscription(access="free", complete=True, blocks=[SubscriptionBlock(kind="newsletter")])},
        {"text": "  The first\tparagraph.\r\n\r\n The\u00a0second. "},
        {"authors": [Author(name="Ann  Example", url="https://news.example/ann")]},
        {"published": Date(value="2026-11-22T09:00:00+01:00", precision="minute", zone="assumed")},
    ],
)
def test_what_stands_beside_an_article_makes_no_version(fields: dict[str, Any]) -> None:
    after = msgspec.structs.replace(ARTICLE, **fields)

    assert verdict_on(capture(), found(after), ARTICLE) == ("unchanged", [], False)


def test_one_text_in_two_unicode_forms_is_one_content() -> None:
    composed, decomposed = Article(title="caf\u00e9"), Article(title="cafe\u0301")

    assert content_digest(composed, None) == content_digest(decomposed, None)


def test_an_empty_field_is_one_that_is_not_there() -> None:
    assert content_digest(Article(title=" \n", text=""), None) == content_digest(Article(), None)


SPACE = st.text(" \t\r\n\u00a0\u2003\u2028", min_size=1, max_size=3)


@given(st.lists(st.text("abé", min_size=1, max_size=5), max_size=5), SPACE, SPACE)
def test_white_space_makes_no_difference_to_the_content(words: list[str], one: str, other: str) -> None:
    assert content_digest(Article(text=one.join(words)), None) == content_digest(
        Article(text=other + other.join(words) + one), None
    )


def test_the_digest_of_a_vanished_article_is_always_the_same_and_no_articles() -> None:
    assert content_digest(None, None) == content_digest(None, CANONICAL)
    assert content_digest(None, None) != content_digest(Article(), None)


@given(
    st.text(st.characters(exclude_categories=["Cs", "Z"]), min_size=1).filter(lambda text: not re.search(r"\s", text))
)
def test_a_stranger_computes_the_content_digest_from_the_format_alone(text: str) -> None:
    """docs/format.md, Snapshots: this must never change within a format."""
    article = msgspec.structs.replace(ARTICLE, title=None, text=text)
    content = [
        [None, "A subtitle"],
        unicodedata.normalize("NFC", text),
        ["Ann Example"],
        "2026-11-22T09:00:00+01:00",
        None,
        "free",
        CANONICAL,
    ]
    encoded = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()

    assert content_digest(article, CANONICAL) == "sha256:" + hashlib.sha256(encoded).hexdigest()


@pytest.mark.parametrize("status", [404, 410, 451])
def test_an_article_whose_page_is_gone_has_a_version_that_says_so(status: int) -> None:
    verdict = judge(capture(status), None, standing(), reading_nothing)

    assert verdict == Verdict(
        outcome="gone",
        reason=f"HTTP {status}",
        state="gone",
        changes=["removed"],
        digest=content_digest(None, None),
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["/", "https://www.news.example", "https://news.example/?utm_source=x"])
def test_an_article_that_leads_to_a_front_page_is_gone(status: int, location: str) -> None:
    assert verdict_on(redirect(location, status), None, ARTICLE) == ("gone", ["removed"], True)


def test_a_redirect_to_the_front_page_of_another_host_is_no_removal() -> None:
    assert verdict_on(redirect("https://consent.example/"), None, ARTICLE) == (None, [], False)


@pytest.mark.parametrize("seen", [capture(404), capture(410), redirect("/")])
def test_what_is_still_gone_is_unchanged(seen: Capture) -> None:
    assert verdict_on(seen, None, None) == ("unchanged", [], False)


def test_an_article_that_comes_back_is_restored_whatever_it_says_now() -> None:
    assert verdict_on(capture(), found(), None) == ("changed", ["restored"], True)
    assert verdict_on(capture(), found(OTHER), None) == ("changed", ["restored"], True)


def test_an_article_that_goes_back_to_what_it_was_has_three_versions() -> None:
    assert verdict_on(capture(), found(OTHER), ARTICLE) == ("changed", ["body"], True)
    assert verdict_on(capture(), found(ARTICLE), OTHER) == ("changed", ["body"], True)


@pytest.mark.parametrize("status", [404, 410, 451])
def test_a_page_that_never_was_an_article_fails_where_it_is_gone(status: int) -> None:
    assert verdict_on(capture(status)) == ("failed", [], False)


@pytest.mark.parametrize("before", ["nothing", ARTICLE, None])
def test_a_redirect_to_another_page_is_judged_by_what_answers_there(before: Article | str | None) -> None:
    assert verdict_on(redirect("/moved"), None, before) == (None, [], False)


def test_a_front_page_that_nobody_took_for_an_article_may_be_a_redirect() -> None:
    assert verdict_on(redirect("/")) == (None, [], False)
    assert verdict_on(redirect("https://www.news.example/", url="http://news.example/"), None, ARTICLE)[0] is None


def test_a_redirect_without_an_address_is_a_redirect() -> None:
    assert verdict_on(capture(302), None, ARTICLE) == (None, [], False)


@pytest.mark.parametrize("status", [None, 201, 202, 204, 206, 226, 304, 400, 401, 403, 429, 500, 503, 599, 999])
@pytest.mark.parametrize("before", ["nothing", ARTICLE, None])
def test_an_error_of_the_server_says_nothing_of_the_article(status: int | None, before: Article | str | None) -> None:
    assert verdict_on(capture(status), None, before) == ("failed", [], False)


def test_an_error_is_told_with_its_status() -> None:
    assert judge(capture(503), None, None, reading_nothing).reason == "HTTP 503"
    assert judge(capture(None), None, None, reading_nothing).reason == "no HTTP response"


@pytest.mark.parametrize("before", ["nothing", ARTICLE, None])
def test_half_a_page_is_no_version(before: Article | str | None) -> None:
    assert verdict_on(capture(truncated="disconnect"), found(OTHER), before) == ("failed", [], False)


@pytest.mark.parametrize("before", ["nothing", ARTICLE, None])
def test_a_page_without_an_article_is_no_version(before: Article | str | None) -> None:
    """A login wall, a soft 404."""
    assert verdict_on(capture(), found(None, reason="a list"), before) == ("not_article", [], False)
    assert verdict_on(capture(), None, before) == ("not_article", [], False)


def test_a_page_taken_for_an_article_on_request_alone_is_no_version_where_nothing_of_the_article_is_left() -> None:
    another = msgspec.structs.replace(OTHER, title="Sorry")
    doubtful = Finding(kind="index", article=another, is_doubtful=True, reason="no text to speak of")
    for before in (ARTICLE, None):
        assert verdict_on(capture(), doubtful, before) == ("not_article", [], False)
    kept = Finding(kind="index", article=msgspec.structs.replace(ARTICLE, text="Shortened."), is_doubtful=True)
    assert verdict_on(capture(), kept, ARTICLE)[0] == "changed", "the headline stayed"
    assert verdict_on(capture(), doubtful) == ("new", [], True)


@pytest.mark.parametrize("before", ["nothing", ARTICLE, None])
def test_a_page_that_could_not_be_read_is_no_version(before: Article | str | None) -> None:
    assert verdict_on(capture(), Finding(failure="took too long"), before) == ("failed", [], False)


def test_a_body_that_is_held_already_is_unchanged_and_not_read() -> None:
    assert verdict_on(capture(revisit=True), None, ARTICLE) == ("unchanged", [], False)
    assert verdict_on(capture(304, revisit=True), None, ARTICLE) == ("unchanged", [], False)
    assert verdict_on(capture(revisit=True)) == ("not_article", [], False)


def test_a_body_that_is_held_of_an_earlier_version_is_not_taken_for_the_one_that_stands() -> None:
    """It was recorded as a revisit of A when B had been captured and not yet published."""
    seen = capture(revisit=True, payload_digest="sha256:" + "1" * 64)

    for stands in (standing(OTHER), standing(None)):
        verdict = judge(seen, None, stands, reading_nothing)
        assert (verdict.outcome, verdict.is_version) == ("failed", False)
        assert "next look" in (verdict.reason or "")


def test_a_robots_file_concerns_no_article() -> None:
    for seen in (capture(), capture(404), redirect("/")):
        robots = msgspec.structs.replace(seen, request=Request(purpose="robots"))
        assert verdict_on(robots, found(), ARTICLE) == (None, [], False)


@pytest.mark.parametrize("error", [ArchiveDamagedError("damaged"), NoSuchObjectError("missing")])
def test_a_change_is_kept_even_where_the_version_before_cannot_be_read(error: Exception) -> None:
    def read(_: str) -> SnapshotDocument:
        raise error

    verdict = judge(capture(), found(OTHER), standing(), read)

    assert (verdict.outcome, verdict.changes, verdict.is_version) == ("changed", [], True)
    assert str(error) in (verdict.reason or "")


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/b", "https://news.example/b"),
        (" b?c=1 ", "https://news.example/b?c=1"),
        ("//other.example/", "https://other.example/"),
        ("/\u00c3\u00bc", "https://news.example/ü"),
        ("/\u00fc", "https://news.example/ü"),
        ("http://[::1", None),
        ("", None),
    ],
)
def test_a_redirect_leads_where_a_browser_would_go(location: str, target: str | None) -> None:
    """Header bytes reach us as latin-1; servers send UTF-8."""
    assert redirect_location(redirect(location)) == target


def test_only_a_redirect_leads_anywhere() -> None:
    assert redirect_location(redirect("/b", 200)) is None
    assert redirect_location(capture(301)) is None


def dated(source: FieldSource, value: str, *candidates: tuple[FieldSource, str]) -> Article:
    provenance = Provenance(source=source, candidates=[Candidate(source=s, value=v) for s, v in candidates])
    date = Date(value=value, precision="minute", zone="stated")
    return Article(text="one", published=date, provenance={"published": provenance})


def test_a_date_that_only_a_feed_states_makes_no_version() -> None:
    with_feed = dated("feed", "2026-10-06T09:12:00+01:00", ("feed", "2026-10-06T09:12:00+01:00"))
    assert content_digest(with_feed, None) == content_digest(Article(text="one"), None)


def test_a_zone_that_a_feed_adds_to_the_date_of_the_page_makes_no_version() -> None:
    own: tuple[FieldSource, str] = ("visible", "2026-10-06T09:12:00")
    other: tuple[FieldSource, str] = ("visible", "2026-06-10T09:12:00")
    feed: tuple[FieldSource, str] = ("feed", "2026-10-06T09:12:00+01:00")
    with_feed = dated("feed", feed[1], feed, other, own, ("url", "2026-10-06"))
    assert content_digest(with_feed, None) == content_digest(dated("visible", own[1], own, other), None)
