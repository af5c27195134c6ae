"""What each edition of the demo newspaper holds, and what became of the rest."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from broadsheet.scheduler.demo.masthead import EDITIONS
from broadsheet.scheduler.demo.stories_abroad import STORIES_FROM_ABROAD
from broadsheet.scheduler.demo.stories_harbour import HARBOUR_STORIES
from broadsheet.scheduler.demo.stories_town import COAST_ROAD_SNOW, TOWN_STORIES
from broadsheet.scheduler.demo.story import DayOfMonth, DaysAgo, Moment, Story

Disappearance = Literal["deleted", "sent_to_front_page"]


class Earlier(Struct, frozen=True):
    """An item of a "See also" list that the site itself no longer holds; not every one has a date."""

    title: str
    published: Moment | None = None


class Edition(Struct, frozen=True):
    """The paper at one moment: the stories it shows, and how the missing ones answer."""

    number: int
    stories: dict[str, Story]
    vanished: dict[str, Disappearance]


EVERGREEN = ("dredger-arrives", "seal-count", "night-buses", "marche-aux-huitres", "il-coro-dei-pescatori")
"""Stories that no edition touches: the boxes of the other pages list these, so that they need not change."""

EARLIER = {
    "night-pilots-strike-of-old": Earlier("When the pilots stayed ashore: a look back at the longest week"),
    "harbour-fog-signal": Earlier(
        "Fog signal on the southern mole falls silent after a century", DayOfMonth(20, 13, "09:50:00")
    ),
    "tide-gauge-moved": Earlier("Tide gauge moved: the town is three fingers higher", DayOfMonth(4, 5, "11:30:00")),
}

MOVED = {
    "/harbour/ferry-strike-day-eleven": "ferry-crews-end-strike",
    "/news/2291": "seal-count",
}
"""Addresses from before a headline or the whole site changed; they answer 301."""

_FIRST = {story.slug: story for story in (*HARBOUR_STORIES, *TOWN_STORIES, *STORIES_FROM_ABROAD)}

_WRONG_COST = "The barrier is to cost 64 million crowns, of which the region has promised to pay half."
_RIGHT_COST = (
    "The barrier is to cost 46 million crowns, of which the region has promised to pay 20 million "
    "and a fund for coastal towns another six."
)


def _corrected(story: Story) -> Story:
    return replace(
        story,
        title=story.title.replace("64 million", "46 million"),
        body=story.body.replace(_WRONG_COST, _RIGHT_COST),
        modified=DaysAgo(1, "12:55:00"),
        correction="Correction: an earlier version of this article gave the cost as 64 million crowns. "
        "It is 46 million.",
    )


def _second() -> Edition:
    stories = dict(_FIRST)
    del stories["harbour-master-resigns"], stories["town-clock-stopped"]
    stories["tidal-barrier-approved"] = _corrected(stories["tidal-barrier-approved"])
    stories["library-reading-room"] = replace(
        stories["library-reading-room"], authors=("Ansel Whitmoor", "Eleni Karasova-Wright")
    )
    stories["night-pilots"] = replace(stories["night-pilots"], paywalled=True)
    stories[COAST_ROAD_SNOW.slug] = COAST_ROAD_SNOW
    return Edition(2, stories, {"harbour-master-resigns": "deleted", "town-clock-stopped": "sent_to_front_page"})


def _third() -> Edition:
    second = _second()
    restored = "harbour-master-resigns"
    vanished = {slug: how for slug, how in second.vanished.items() if slug != restored}
    return Edition(3, {**second.stories, restored: _FIRST[restored]}, vanished)


def edition(number: int) -> Edition:
    """Return an edition.

    The second corrects, re-signs, puts behind the wall, deletes, redirects and adds one story each; the third
    restores the deleted one word for word.

    Raises:
        ValueError: There is no edition of that number.
    """
    if number not in EDITIONS:
        raise ValueError(f"there is no edition {number}: the demo newspaper has editions 1 to {EDITIONS[-1]}")
    return {1: lambda: Edition(1, dict(_FIRST), {}), 2: _second, 3: _third}[number]()


def story_by_slug(slug: str) -> Story:
    """Return a story as it was first printed; links to it quote that headline."""
    return COAST_ROAD_SNOW if slug == COAST_ROAD_SNOW.slug else _FIRST[slug]


def every_story() -> list[Story]:
    """Return every story of all editions, as first printed."""
    return [*_FIRST.values(), COAST_ROAD_SNOW]
