"""How two versions differ: word by word, and nothing of either lost on the way."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec
import pytest
from archiving.writer import EXTRACTOR, moment
from hypothesis import example, given
from hypothesis import strategies as st

from broadsheet.storage.differences import Run, difference, word_diff
from broadsheet.storage.model import (
    Article,
    Author,
    Date,
    HttpAnswer,
    Image,
    Snapshot,
    Subscription,
    WarcLocation,
)

ARTICLE = Article(title="A title", text="One paragraph.\nAnother paragraph.", authors=[Author(name="Ann Example")])
TEXTS = st.one_of(
    st.text(max_size=40),
    st.lists(st.sampled_from(["one", "two", "three", " ", "  ", "\n", "\r\n", "\u2028", "ไทย", "漢字"])).map("".join),
)


def snapshot(version: int, article: Article | None = ARTICLE, canonical_url: str | None = None) -> Snapshot:
    return Snapshot(
        url="https://news.example/a",
        final_url="https://news.example/a",
        canonical_url=canonical_url,
        surt="",
        captured_at=moment(version),
        state="live" if article else "gone",
        content_digest="",
        http=HttpAnswer(status=200),
        warc=WarcLocation(key="", offset=0, length=0, record_id=""),
        article=article,
        extractor=EXTRACTOR,
        version=version,
        key="",
    )


def joined(runs: list[Run], without: str) -> str:
    return "".join(run.text for run in runs if run.operation != without)


def shown(runs: list[Run]) -> str:
    marks = {"equal": "{}", "delete": "[-{}-]", "insert": "{{+{}+}}"}
    return "".join(marks[run.operation].format(run.text) for run in runs)


@given(st.none() | TEXTS, st.none() | TEXTS)
@example("a" * 10, "\n" * 10)
def test_the_runs_hold_both_texts_whole(before: str | None, after: str | None) -> None:
    runs = word_diff(before, after)

    assert joined(runs, without="insert") == (before or "")
    assert joined(runs, without="delete") == (after or "")


@given(TEXTS, TEXTS)
def test_runs_are_neither_empty_nor_cut_in_two(before: str, after: str) -> None:
    runs = word_diff(before, after)

    assert all(run.text for run in runs)
    assert all(one.operation != other.operation for one, other in pairwise(runs))


@given(TEXTS.filter(bool))
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert word_diff(text, text) == [Run(operation="equal", text=text)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("one two three", "one TWO three", "one [-two -]{+TWO +}three"),
        ("one three", "one two three", "one {+two +}three"),
        ("one two three", "one three", "one [-two -]three"),
        ("1,200 homes", "1,300 homes", "[-1,200 -]{+1,300 +}homes"),
        ("A.\nB one.\nC.\n", "A.\nB two.\nC.\n", "A.\nB [-one.\n-]{+two.\n+}C.\n"),
        ("A.\nC.\n", "A.\nB.\nC.\n", "A.\n{+B.\n+}C.\n"),
        ("市长辞职", "市长任职", "市长[-辞-]{+任+}职"),
        ("นายกลาออก", "นายกไม่ลาออก", "นายก{+ไม่+}ลาออก"),
        ("A.\nHall.", "A.\nHall.\nC.", "A.\nHall.{+\nC.+}"),
        ("A.\nThe hall.", "A.\nThe town hall.\nC d.", "A.\nThe {+town +}hall.{+\nC d.+}"),
        ("A hall\nC.", "A hall now\nC.", "A hall{+ now+}\nC."),
        ("A hall now\nC.", "A hall\nC.", "A hall[- now-]\nC."),
        ("Hall.\nC.", "Hall.", "Hall.[-\nC.-]"),
        ("one two", "one\ntwo", "one[- -]{+\n+}two"),
        ("", "new", "{+new+}"),
        ("old", "", "[-old-]"),
    ],
)
def test_words_are_compared_and_characters_where_no_spaces_are_written(before: str, after: str, expected: str) -> None:
    assert shown(word_diff(before, after)) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [("a " * 20_000, "a " * 20_001 + "b"), ("a\n" * 20_000, "a\n" * 19_000), ("a b c " * 800, "c b a x " * 700)],
)
def test_a_text_made_to_be_slow_is_compared_as_far_as_time_allows(before: str, after: str) -> None:
    runs = word_diff(before, after)

    assert joined(runs, without="insert") == before
    assert joined(runs, without="delete") == after


def test_every_field_that_differs_is_told_with_the_class_of_its_change() -> None:
    later = msgspec.structs.replace(
        ARTICLE,
        title="Another title",
        subtitle="A subtitle",
        authors=[Author(name="Ann Example"), Author(name="Bob Example")],
        published=Date(value="2026-11-22", precision="day", zone="unknown"),
        subscription=Subscription(access="paywalled"),
    )

    found = difference(snapshot(1), snapshot(3, later, "https://news.example/b"))

    assert (found.url, found.before, found.after) == ("https://news.example/a", 1, 3)
    assert found.changes == ["headline", "byline", "published", "access", "canonical"]
    assert list(found.fields) == ["title", "subtitle", "authors", "published", "access", "canonical_url"]
    assert shown(found.fields["title"].runs) == "[-A -]{+Another +}title"
    assert (found.fields["authors"].before, found.fields["authors"].after) == (
        "Ann Example",
        "Ann Example, Bob Example",
    )
    assert found.fields["subtitle"].before is None


def test_versions_that_say_the_same_do_not_differ() -> None:
    with_a_picture = msgspec.structs.replace(ARTICLE, images=[Image(url="https://news.example/a.jpg")])

    found = difference(snapshot(1), snapshot(2, with_a_picture))

    assert (found.changes, found.fields) == ([], {})


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [(ARTICLE, None, ["removed"]), (None, ARTICLE, ["restored"]), (None, None, [])],
)
def test_what_vanished_differs_by_its_state(before: Article | None, after: Article | None, changes: list[Any]) -> None:
    found = difference(snapshot(1, before), snapshot(2, after))

    assert found.changes == changes
    assert ("state" in found.fields) is bool(changes)
    assert ("text" in found.fields) is bool(changes)
