"""The parts that article pages are put together from: text, picture, share bar, and the boxes around them."""

from __future__ import annotations

import zlib
from html import escape
from urllib.parse import quote

from broadsheet.scheduler.demo.editions import EVERGREEN, story_by_slug
from broadsheet.scheduler.demo.labels import LABELS
from broadsheet.scheduler.demo.layout import Printing, bullet_list, link
from broadsheet.scheduler.demo.masthead import NAME
from broadsheet.scheduler.demo.photographs import photograph
from broadsheet.scheduler.demo.story import Block, Story

_ELEMENTS = {"paragraph": "p", "heading": "h2", "quotation": "blockquote"}
_NEWSLETTER_AFTER = 3


def text(printing: Printing, story: Story) -> str:
    """Return the story's words as markup, with a newsletter box among them where the story carries one."""
    rendered = [_block(printing, block) for block in story.served_blocks(printing.today)]
    if story.newsletter:
        rendered.insert(_NEWSLETTER_AFTER, newsletter_box())
    return "".join(rendered)


def _block(printing: Printing, block: Block) -> str:
    words = "".join(
        escape(piece) if target is None else link(_destination(printing, target), piece)
        for piece, target in block.pieces()
    )
    element = _ELEMENTS[block.name]
    return f"<{element}>{words}</{element}>\n"


def _destination(printing: Printing, target: str) -> str:
    return target if target.startswith("/") else printing.path(target)


def picture(story: Story) -> str:
    """Return the story's picture with its caption, or nothing."""
    if story.caption is None:
        return ""
    labels = LABELS[story.language]
    return (
        f'<figure><img src="{photograph(story.number)}" data-src="{image_path(story)}" alt="" width="960" height="400">'
        f"<figcaption>{escape(story.caption)} {escape(labels.photo)}: {NAME}</figcaption></figure>\n"
    )


def image_path(story: Story) -> str:
    """Return the path of the story's picture."""
    return f"/images/{story.number}.svg"


def share_bar(printing: Printing, story: Story) -> str:
    """Return links that pass the story on."""
    address = quote(printing.url(story.path(printing.today)), safe="")
    links = [
        f'<a rel="nofollow" href="mailto:?body={address}">E-mail</a>',
        f'<a rel="nofollow" href="sms:?body={address}">SMS</a>',
    ]
    return f'<div class="share">{escape(LABELS[story.language].share)} {bullet_list(links)}</div>\n'


def newsletter_box() -> str:
    """Return the box that asks for an address."""
    return (
        '<div class="box newsletter"><h2>The Tide Table, our letter for weekends</h2>\n'
        "<p>One walk, one recipe and the hours of high water, every Friday at noon. It costs nothing.</p>\n"
        '<form action="/newsletter"><input type="email" name="address" aria-label="E-mail address" '
        'placeholder="you@example.org"> <button type="submit">Sign up</button></form></div>\n'
    )


def wall(story: Story) -> str:
    """Return what stands where the rest of a paywalled story would be, or nothing."""
    if not story.paywalled:
        return ""
    return (
        '<div class="wall paid" data-nosnippet><h2>Read on with a subscription</h2>\n'
        "<p>This story is reserved for subscribers. The first month costs one crown.</p>\n"
        '<p><a class="button" href="/subscribe">Subscribe now</a> Already a subscriber? '
        '<a href="/account">Log in</a></p></div>\n'
    )


def correction_note(story: Story) -> str:
    """Return the note that owns up to a mistake, or nothing."""
    if story.correction is None:
        return ""
    return f'<p class="correction">{escape(story.correction)}</p>\n'


def comments_teaser(printing: Printing, story: Story) -> str:
    """Return the line that counts the comments; it counts on only where the boxes are live."""
    edition = printing.edition.number if story.live_counters else 0
    count = 3 + (story.number + 17 * edition) % 90
    words = LABELS[story.language].comments.format(count=count)
    return f'<p class="comments">{escape(words)}</p>\n'


def related_box(printing: Printing, story: Story) -> str:
    """Return the links to other stories on the subject, or nothing."""
    if not story.see_also:
        return ""
    items = [link(printing.path(slug), story_by_slug(slug).title) for slug in story.see_also]
    heading = escape(LABELS[story.language].related)
    return f'<section class="related"><h2>{heading}</h2>\n{bullet_list(items)}</section>\n'


def most_read_box(printing: Printing, story: Story) -> str:
    """Return the list of popular stories: of this edition where the boxes are live, else of long standing."""
    slugs = list(EVERGREEN)
    if story.live_counters:
        seed = f"edition {printing.edition.number} "
        slugs = sorted(printing.edition.stories, key=lambda slug: zlib.crc32((seed + slug).encode()))[:5]
    return most_read(printing, slugs, story.language)


def most_read(printing: Printing, slugs: list[str], language: str) -> str:
    """Return a list of stories under the heading "Most read"."""
    items = [link(printing.path(slug), story_by_slug(slug).title) for slug in slugs]
    heading = escape(LABELS[language].most_read)
    return f'<section class="most-read"><h2>{heading}</h2>\n{bullet_list(items)}</section>\n'
