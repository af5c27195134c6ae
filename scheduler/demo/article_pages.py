"""The four designs of an article page, as four generations of one site leave them behind.

``linked_data`` states everything in JSON-LD, ``open_graph`` in meta elements, ``microdata`` in attributes and
without a time zone; ``print`` states nothing to machines and writes the date of its header month first, the
dates of its "See also" list day first.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from html import escape

from broadsheet.scheduler.demo import boxes
from broadsheet.scheduler.demo.editions import EARLIER, story_by_slug
from broadsheet.scheduler.demo.labels import LABELS
from broadsheet.scheduler.demo.layout import Printing, bullet_list, document, link, section_name
from broadsheet.scheduler.demo.masthead import CLOSING_QUOTATION, NAME
from broadsheet.scheduler.demo.story import Story, Template


def article_page(printing: Printing, story: Story) -> str:
    """Return the HTML page of a story, in its own design."""
    return _DESIGNS[story.template](printing, story)


def _linked_data(printing: Printing, story: Story) -> str:
    # "<" is escaped so that no headline can end the script element.
    data = json.dumps(_json_ld(printing, story), ensure_ascii=False, indent=1).replace("<", "\\u003c")
    head = f'<script type="application/ld+json">\n{data}\n</script>\n'
    main = (
        f"<article>\n{_crumbs(story)}<h1>{escape(story.title)}</h1>\n"
        f'<p class="standfirst">{escape(story.subtitle)}</p>\n{_visible_byline(printing, story)}'
        f"{boxes.picture(story)}{boxes.share_bar(printing, story)}"
        f'<div class="article-body">\n{boxes.text(printing, story)}</div>\n{boxes.wall(story)}'
        f"{boxes.correction_note(story)}</article>\n{boxes.comments_teaser(printing, story)}"
    )
    aside = boxes.related_box(printing, story) + boxes.most_read_box(printing, story)
    return _article_document(printing, story, head, main, aside)


def _json_ld(printing: Printing, story: Story) -> dict[str, object]:
    url = printing.url(story.path(printing.today))
    data: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": {"@type": "WebPage", "@id": url},
        "headline": story.title,
        "description": story.subtitle,
        "datePublished": story.published.on(printing.today).isoformat(),
        "author": [{"@type": "Person", "name": name} for name in story.authors],
        "publisher": {
            "@type": "NewsMediaOrganization",
            "name": NAME,
            "logo": {"@type": "ImageObject", "url": printing.url("/images/emblem.svg")},
        },
        "image": [printing.url(boxes.image_path(story))],
        "articleSection": section_name(story.section),
        "keywords": list(story.tags),
        "inLanguage": story.language,
        "isAccessibleForFree": not story.paywalled,
    }
    if story.modified is not None:
        data["dateModified"] = story.modified.on(printing.today).isoformat()
    if story.paywalled:
        data["hasPart"] = {
            "@type": "WebPageElement",
            "isAccessibleForFree": False,
            "cssSelector": ".paid",
        }
    return data


def _open_graph(printing: Printing, story: Story) -> str:
    main = (
        f'<main class="story">\n{_crumbs(story)}<h1>{escape(story.title)}</h1>\n'
        f'<p class="standfirst">{escape(story.subtitle)}</p>\n{_visible_byline(printing, story)}'
        f"{boxes.picture(story)}{boxes.text(printing, story)}{boxes.correction_note(story)}"
        f"{boxes.share_bar(printing, story)}{boxes.comments_teaser(printing, story)}</main>\n"
    )
    head = "".join(
        f'<meta {"name" if ":" not in name else "property"}="{name}" content="{escape(value)}">\n'
        for name, value in _meta(printing, story)
    )
    return _article_document(printing, story, head, main, boxes.most_read_box(printing, story))


def _meta(printing: Printing, story: Story) -> list[tuple[str, str]]:
    meta = [
        ("description", story.subtitle),
        ("og:type", "article"),
        ("og:title", story.title),
        ("og:description", story.subtitle),
        ("og:url", printing.url(story.path(printing.today))),
        ("og:image", printing.url(boxes.image_path(story))),
        ("og:site_name", NAME),
        ("article:published_time", story.published.on(printing.today).isoformat()),
        ("article:section", section_name(story.section)),
        ("article:content_tier", "locked" if story.paywalled else "free"),
    ]
    if story.modified is not None:
        meta.append(("article:modified_time", story.modified.on(printing.today).isoformat()))
    for author in story.authors:
        meta += [("author", author), ("article:author", author)]
    return meta + [("article:tag", tag) for tag in story.tags]


def _microdata(printing: Printing, story: Story) -> str:
    labels = LABELS[story.language]
    published = story.published.on(printing.today)
    authors = ", ".join(
        '<span itemprop="author" itemscope itemtype="https://schema.org/Person">'
        f'<span itemprop="name">{escape(author)}</span></span>'
        for author in story.authors
    )
    main = (
        '<article itemscope itemtype="https://schema.org/NewsArticle">\n'
        f'<meta itemprop="isAccessibleForFree" content="true">{_crumbs(story)}'
        f'<h1 itemprop="headline">{escape(story.title)}</h1>\n'
        f'<p class="standfirst" itemprop="description">{escape(story.subtitle)}</p>\n'
        f'<p class="byline">{escape(labels.by)} {authors}</p>\n<p class="meta">{escape(labels.published)} '
        f'<time itemprop="datePublished" datetime="{published:%Y-%m-%dT%H:%M}">'
        f"{escape(labels.moment(published))}</time></p>\n{boxes.picture(story)}"
        f'<div itemprop="articleBody">\n{boxes.text(printing, story)}</div>\n{boxes.correction_note(story)}'
        f"</article>\n{boxes.share_bar(printing, story)}{boxes.comments_teaser(printing, story)}"
    )
    aside = boxes.most_read_box(printing, story) + boxes.newsletter_box()
    return _article_document(printing, story, "", main, aside)


def _print(printing: Printing, story: Story) -> str:
    send = '<a rel="nofollow" href="mailto:?subject=From%20the%20Courier">Send to a friend</a>'
    print_link = '<a rel="nofollow" href="javascript:window.print()">Printable version</a>'
    body = (
        '<div class="old" id="content">\n'
        f'<p class="date">{_header_date(story.published.on(printing.today))}</p>\n'
        f'<p class="tools">{send}</p>\n'
        f"<h1>{escape(story.title)}</h1>\n<p><b>{escape(story.subtitle)}</b></p>\n"
        f"<div>\n{boxes.text(printing, story)}</div>\n"
        f'<p class="tools">{send} | {print_link}</p>\n<hr>\n{_see_also(printing, story)}<hr>\n'
        '<div class="updates"><p>Subscribe to Courier updates or change your preferences</p>\n'
        '<p><a class="button" href="/newsletter">Subscribe now</a></p></div>\n'
        f"<p><i>{escape(CLOSING_QUOTATION)}</i></p>\n</div>\n"
    )
    return document(printing, path=story.path(printing.today), title=story.title, body=body, language=story.language)


def _see_also(printing: Printing, story: Story) -> str:
    items = []
    for slug in story.see_also:
        listed = EARLIER[slug] if slug in EARLIER else story_by_slug(slug)
        title = escape(listed.title) if slug in EARLIER else link(printing.path(slug), listed.title)
        date = "" if listed.published is None else _list_date(listed.published.on(printing.today))
        items.append(f'{title}<br><span class="date">{date}</span>' if date else title)
    return f"<h3>See also</h3>\n{bullet_list(items)}"


def _header_date(moment: datetime) -> str:
    return f"{moment:%m/%d/%Y, %H.%M}"


def _list_date(moment: datetime) -> str:
    return f"{moment:%d/%m/%Y %H:%M}"


def _crumbs(story: Story) -> str:
    return f'<p class="meta">{link(f"/{story.section}", section_name(story.section))}</p>\n'


def _visible_byline(printing: Printing, story: Story) -> str:
    labels = LABELS[story.language]
    dates = f"{labels.published} {labels.moment(story.published.on(printing.today))}"
    if story.modified is not None:
        dates += f" · {labels.updated} {labels.moment(story.modified.on(printing.today))}"
    return (
        f'<p class="byline">{escape(labels.by)} {escape(", ".join(story.authors))}</p>\n'
        f'<p class="meta">{escape(dates)}</p>\n'
    )


def _article_document(printing: Printing, story: Story, head: str, main: str, aside: str) -> str:
    return document(
        printing,
        path=story.path(printing.today),
        title=f"{story.title} | {NAME}",
        head=head,
        body=f'<div class="columns">\n<div>\n{main}</div>\n<aside>\n{aside}</aside>\n</div>\n',
        language=story.language,
    )


_DESIGNS: dict[Template, Callable[[Printing, Story], str]] = {
    "linked_data": _linked_data,
    "open_graph": _open_graph,
    "microdata": _microdata,
    "print": _print,
}
