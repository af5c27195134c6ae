"""What the editions of the demo newspaper change."""

from __future__ import annotations

from datetime import timedelta

import pytest
from servers.demo_newspaper import (
    BARRIER,
    BASE,
    FERRY,
    HARBOUR_MASTER,
    LIBRARY,
    PILOTS,
    SNOW,
    TODAY,
    articles,
    ask,
    path_of,
    tree_of,
    words,
)

from broadsheet.scheduler.demo.expectations import expectations
from broadsheet.scheduler.demo.newspaper import DemoNewspaper
from broadsheet.scheduler.demo.site import build_site


def test_the_second_edition_changes_exactly_the_intended_articles() -> None:
    first, second = build_site(1, TODAY, BASE), build_site(2, TODAY, BASE)
    paths = set(expectations(1, TODAY))
    changed = {path for path in paths & set(first) if first[path].body != second[path].body}
    clock = path_of("town-clock")
    assert changed == {FERRY, BARRIER, PILOTS, LIBRARY, HARBOUR_MASTER, clock}
    assert paths - set(first) == {SNOW}
    assert (second[HARBOUR_MASTER].status, second[clock].status, second[clock].location) == (410, 302, BASE)


def test_expectations_differ_between_editions_only_where_the_story_does() -> None:
    first, second = expectations(1, TODAY), expectations(2, TODAY)
    differing = {path for path in first if first[path] != second[path]}
    assert differing == {BARRIER, PILOTS, LIBRARY, HARBOUR_MASTER, path_of("town-clock"), SNOW}
    assert (first[SNOW].state, second[SNOW].state) == ("absent", "live")
    assert second[HARBOUR_MASTER].state == second[path_of("town-clock")].state == "gone"
    assert second[HARBOUR_MASTER].title == first[HARBOUR_MASTER].title


def test_the_correction_changes_headline_paragraph_and_modified_date_and_says_so() -> None:
    before, after = articles(1)[BARRIER], articles(2)[BARRIER]
    assert ("64 million" in before.title, "46 million" in after.title) == (True, True)
    differing = [pair for pair in zip(before.paragraphs, after.paragraphs, strict=True) if len(set(pair)) == 2]
    assert len(differing) == 1
    assert before.modified is None
    assert after.modified is not None
    assert b"Correction: an earlier version" in build_site(2, TODAY, BASE)[BARRIER].body


def test_a_byline_grows_and_a_story_goes_behind_the_wall() -> None:
    first, second = articles(1), articles(2)
    assert first[LIBRARY].authors == ["Ansel Whitmoor"]
    assert second[LIBRARY].authors == ["Ansel Whitmoor", "Eleni Karasova-Wright"]
    assert (first[PILOTS].access, second[PILOTS].access) == ("free", "paywalled")
    assert second[PILOTS].paragraphs == first[PILOTS].paragraphs[:2]


def test_live_counters_change_around_a_text_that_does_not() -> None:
    pages = [tree_of(build_site(number, TODAY, BASE)[FERRY].body) for number in (1, 2)]
    bodies = [words(page.xpath("//div[@class='article-body']")[0]) for page in pages]
    boxes = [words(page.xpath("//section[@class='most-read']")[0]) for page in pages]
    counters = [words(page.xpath("//p[@class='comments']")[0]) for page in pages]
    assert bodies[0] == bodies[1]
    assert boxes[0] != boxes[1]
    assert counters[0] != counters[1]


def test_the_third_edition_restores_the_deleted_story_word_for_word() -> None:
    first, third = build_site(1, TODAY, BASE), build_site(3, TODAY, BASE)
    assert third[HARBOUR_MASTER].body == first[HARBOUR_MASTER].body
    assert third[HARBOUR_MASTER].last_modified > first[HARBOUR_MASTER].last_modified
    assert expectations(3, TODAY)[HARBOUR_MASTER] == expectations(1, TODAY)[HARBOUR_MASTER]
    assert expectations(3, TODAY)[path_of("town-clock")].state == "gone"


def test_the_same_day_gives_the_same_bytes_and_another_day_other_dates() -> None:
    for number in (1, 2, 3):
        assert build_site(number, TODAY, BASE) == build_site(number, TODAY, BASE)
    assert build_site(1, TODAY, BASE)[FERRY] != build_site(1, TODAY + timedelta(days=1), BASE)[FERRY]


def test_publishing_an_edition_that_does_not_exist_is_refused(newspaper: DemoNewspaper) -> None:
    with pytest.raises(ValueError, match="no edition 4"):
        newspaper.publish(4)
    assert ask(newspaper, "/").status == 200


def test_a_published_edition_is_what_is_served(newspaper: DemoNewspaper) -> None:
    assert ask(newspaper, SNOW).status == 404
    assert ask(newspaper, "/latest").headers["Location"] == newspaper.url.rstrip("/") + BARRIER
    newspaper.publish(2)
    assert ask(newspaper, SNOW).status == 200
    assert ask(newspaper, "/latest").headers["Location"] == newspaper.url.rstrip("/") + SNOW
    assert ask(newspaper, HARBOUR_MASTER).status == 410
    assert ask(newspaper, path_of("town-clock")).headers["Location"] == newspaper.url
    newspaper.publish(3)
    assert ask(newspaper, HARBOUR_MASTER).status == 200
