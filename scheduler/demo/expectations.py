"""What a careful human reader takes from the demo newspaper: the truth that tests hold an archive against."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from broadsheet.scheduler.demo.editions import (
    EARLIER,
    EVERGREEN,
    Edition,
    edition,
    every_story,
    story_by_slug,
)
from broadsheet.scheduler.demo.labels import LABELS
from broadsheet.scheduler.demo.layout import section_name
from broadsheet.scheduler.demo.masthead import CLOSING_QUOTATION, EDITIONS, MOTTO
from broadsheet.scheduler.demo.story import Story, Template
from broadsheet.storage.model import Access, BlockKind, Date, RelatedKind

State = Literal["live", "gone", "absent"]


class ExpectedLink(Struct, frozen=True, kw_only=True):
    """A link to another story: a listed title, or the linked words in a text.

    `path` is null where the page lists a title without a link. `published` is what the list says, if it does.
    """

    path: str | None
    title: str
    published: Date | None
    kind: RelatedKind


class Expected(Struct, frozen=True, kw_only=True):
    """What the page of one story says at one edition, or said last before it vanished.

    Attributes:
        state: ``absent`` before the story was first printed.
        published: As the page states it; where the header's order of day and month is ambiguous, settled by
            the dates that the text spells out. A feed may add a zone that the page leaves out.
        modified: None where the page states none.
        access: ``unknown`` where the page says nothing of it.
        complete: Whether the page holds the whole text.
        paragraphs: The text served, without headings, correction note and boxes.
        related: Links in the text and in the story's own list; not those of "Most read".
        blocks: The boxes on the page that ask for an address or money, in any order.
    """

    state: State
    template: Template
    title: str
    subtitle: str
    authors: list[str]
    published: Date
    modified: Date | None
    language: str
    section: str | None
    access: Access
    complete: bool
    paragraphs: list[str]
    related: list[ExpectedLink]
    blocks: list[BlockKind]


def expectations(number: int, today: date) -> dict[str, Expected]:
    """Return what is to be expected of every story of all editions once an edition is out, by path.

    Args:
        number: The edition.
        today: The day from which the paper's dates are counted back.

    Raises:
        ValueError: There is no edition of that number.
    """
    current = edition(number)
    expected = {}
    for story in every_story():
        state, shown = _last_shown(story.slug, current)
        expected[story.path(today)] = _expected(shown or story, state, today)
    return expected


def boilerplate(language: str = "en") -> list[str]:
    """Return what stands around the articles of a language and belongs to no article's text.

    Among it are the headlines of "Most read": on their own pages they are, of course, the title.
    """
    labels = LABELS[language]
    return [
        labels.cookies,
        labels.share,
        labels.most_read,
        labels.comments.split("{count}")[-1].strip(),
        MOTTO,
        CLOSING_QUOTATION,
        "Send to a friend",
        "Printable version",
        "Subscribe to Courier updates or change your preferences",
        "This story is reserved for subscribers.",
        "One walk, one recipe and the hours of high water, every Friday at noon.",
        "Printed on paper that was once something else.",
        *(story_by_slug(slug).title for slug in EVERGREEN),
    ]


def _last_shown(slug: str, current: Edition) -> tuple[State, Story | None]:
    if slug in current.stories:
        return "live", current.stories[slug]
    if slug not in current.vanished:
        return "absent", None
    earlier = [edition(number) for number in EDITIONS if number < current.number]
    return "gone", next(paper.stories[slug] for paper in reversed(earlier) if slug in paper.stories)


def _expected(story: Story, state: State, today: date) -> Expected:
    return Expected(
        state=state,
        template=story.template,
        title=story.title,
        subtitle=story.subtitle,
        authors=list(story.authors),
        published=_stated(story.published.on(today), story.template),
        modified=None if story.modified is None else _stated(story.modified.on(today), story.template),
        language=story.language,
        section=None if story.template == "print" else section_name(story.section),
        access=_access(story),
        complete=not story.paywalled,
        paragraphs=[block.text for block in story.served_blocks(today) if block.name != "heading"],
        related=_related(story, today),
        blocks=_blocks(story),
    )


def _stated(moment: datetime, template: Template) -> Date:
    if template in ("microdata", "print"):
        return Date(value=f"{moment:%Y-%m-%dT%H:%M:%S}", precision="minute", zone="unknown")
    return Date(value=moment.isoformat(), precision="second", zone="stated")


def _access(story: Story) -> Access:
    if story.template == "print":
        return "unknown"
    return "paywalled" if story.paywalled else "free"


def _related(story: Story, today: date) -> list[ExpectedLink]:
    in_text = [
        ExpectedLink(path=_destination(target, today), title=words, published=None, kind="in_text")
        for block in story.served_blocks(today)
        for words, target in block.pieces()
        if target is not None
    ]
    return in_text + [_listed(story, slug, today) for slug in story.see_also]


def _listed(story: Story, slug: str, today: date) -> ExpectedLink:
    if slug in EARLIER:
        item = EARLIER[slug]
        published = None if item.published is None else _stated(item.published.on(today), "print")
        return ExpectedLink(path=None, title=item.title, published=published, kind="see_also")
    linked = story_by_slug(slug)
    dated = story.template == "print"
    return ExpectedLink(
        path=linked.path(today),
        title=linked.title,
        published=_stated(linked.published.on(today), "print") if dated else None,
        kind="see_also",
    )


def _destination(target: str, today: date) -> str:
    return target if target.startswith("/") else story_by_slug(target).path(today)


def _blocks(story: Story) -> list[BlockKind]:
    if story.paywalled:
        return ["paywall"]
    if story.newsletter or story.template in ("microdata", "print"):
        return ["newsletter"]
    return []
