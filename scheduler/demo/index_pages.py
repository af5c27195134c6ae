"""The pages of the demo newspaper that are no articles: front page, sections, services, errors."""

from __future__ import annotations

from html import escape

from broadsheet.scheduler.demo import boxes
from broadsheet.scheduler.demo.editions import EVERGREEN, every_story
from broadsheet.scheduler.demo.labels import LABELS
from broadsheet.scheduler.demo.layout import Printing, document, link, section_name
from broadsheet.scheduler.demo.masthead import MOTTO, NAME, released
from broadsheet.scheduler.demo.story import Story


def front_page(printing: Printing) -> str:
    """Return the home page: every story of the edition, the newest as the lead."""
    number = printing.edition.number
    moment = LABELS["en"].moment(released(number, printing.today))
    teasers = _teasers(printing, printing.newest_first())
    note = f'<p class="meta">Edition {number} of the day, {escape(moment)}</p>\n'
    return _listing(printing, "/", f"{NAME}: {MOTTO}", note + teasers, boxes.newsletter_box())


def section_page(printing: Printing, section: str) -> str:
    """Return the page that lists a section's stories."""
    stories = [story for story in printing.newest_first() if story.section == section]
    name = section_name(section)
    main = f"<h1>{name}</h1>\n{_teasers(printing, stories)}"
    return _listing(printing, f"/{section}", f"{name} | {NAME}", main, "")


def about_page(printing: Printing) -> str:
    """Return the page about the paper, its people and its rules."""
    people = sorted({author for story in every_story() for author in story.authors})
    staff = "".join(f"<li>{escape(person)}</li>" for person in people)
    body = (
        f"<h1>About {NAME}</h1>\n<p>The Courier has appeared in Ternhaven since the year the first pilots' "
        "room was built, with two interruptions for floods. It belongs to its readers, who own it in shares "
        "of one crown. Neither the town nor anything in this paper exists: it was printed to show how a "
        'newspaper is archived.</p>\n<h2 id="corrections">How we correct mistakes</h2>\n<p>We change the '
        "text, say below it what was wrong, and move the date of the update. We do not take mistakes back in "
        "silence.</p>\n"
        f"<h2>Who writes here</h2>\n<ul>{staff}</ul>\n"
    )
    return _service(printing, "/about", "About us", body)


def search_page(printing: Printing) -> str:
    """Return the search form, which robots are asked to leave alone."""
    body = (
        '<h1>Search</h1>\n<form action="/search"><input type="search" name="q" aria-label="Search for"> '
        '<button type="submit">Search</button></form>\n<p>Nothing found yet: ask for something.</p>\n'
    )
    return _service(printing, "/search", "Search", body)


def account_page(printing: Printing) -> str:
    """Return the page for subscribers, which robots are asked to leave alone."""
    return _service(printing, "/account", "My account", "<h1>My account</h1>\n<p>Please log in.</p>\n")


def newsletter_page(printing: Printing) -> str:
    """Return the page where a newsletter is ordered."""
    return _service(printing, "/newsletter", "Newsletters", f"<h1>Newsletters</h1>\n{boxes.newsletter_box()}")


def subscribe_page(printing: Printing) -> str:
    """Return the page that sells subscriptions."""
    body = (
        "<h1>Subscribe</h1>\n<p>One crown for the first month, nine crowns a month after that. Fishermen, "
        "pupils and lighthouse keepers pay half.</p>\n"
    )
    return _service(printing, "/subscribe", "Subscribe", body)


def not_found_page(printing: Printing) -> str:
    """Return the page below a 404."""
    body = "<h1>Nothing at this address</h1>\n<p>Perhaps one of these will do instead.</p>\n"
    return _service(printing, "/404", "Not found", body + boxes.most_read(printing, list(EVERGREEN), "en"))


def gone_page(printing: Printing) -> str:
    """Return the page below a 410."""
    body = "<h1>This story is no longer available</h1>\n<p>The editors have withdrawn it.</p>\n"
    return _service(printing, "/410", "Withdrawn", body)


def redirect_page(printing: Printing, target: str) -> str:
    """Return the few words that a browser never shows, below a redirect."""
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Moved</title></head>\n'
        f"<body><p>This page has moved {link(printing.url(target), 'here')}.</p></body></html>\n"
    )


def _teasers(printing: Printing, stories: list[Story]) -> str:
    rendered = [_teaser(printing, story, lead=place == 0) for place, story in enumerate(stories)]
    return f'<div class="teasers">\n{"".join(rendered)}</div>\n'


def _teaser(printing: Printing, story: Story, *, lead: bool) -> str:
    image = ""
    if story.caption is not None:
        image = f'<img src="{boxes.image_path(story)}" alt="" width="960" height="400" loading="lazy">'
    direction = ' dir="rtl"' if story.language == "ar" else ""
    published = LABELS[story.language].moment(story.published.on(printing.today))
    return (
        f'<article lang="{story.language}"{direction}{" class=lead" if lead else ""}>\n<div>{image}</div>\n'
        f"<div><h2>{link(story.path(printing.today), story.title)}</h2>\n<p>{escape(story.subtitle)}</p>\n"
        f'<p class="meta">{section_name(story.section)} · {escape(published)}</p></div></article>\n'
    )


def _listing(printing: Printing, path: str, title: str, main: str, extra: str) -> str:
    aside = boxes.most_read(printing, list(EVERGREEN), "en") + extra
    body = f'<div class="columns">\n<main>\n{main}</main>\n<aside>\n{aside}</aside>\n</div>\n'
    return document(printing, path=path, title=title, body=body)


def _service(printing: Printing, path: str, title: str, main: str) -> str:
    body = f'<div class="columns">\n<main>\n{main}</main>\n<aside></aside>\n</div>\n'
    return document(printing, path=path, title=f"{title} | {NAME}", body=body)
