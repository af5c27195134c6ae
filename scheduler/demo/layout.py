"""What surrounds every page of the demo newspaper: head, masthead, navigation, cookie note, footer, style."""

from __future__ import annotations

from datetime import date
from html import escape

from msgspec import Struct

from broadsheet.scheduler.demo.editions import Edition, story_by_slug
from broadsheet.scheduler.demo.labels import LABELS
from broadsheet.scheduler.demo.masthead import MOTTO, NAME, SECTIONS
from broadsheet.scheduler.demo.story import Story


class Printing(Struct, frozen=True):
    """One edition about to be printed: for which day, and at which address.

    Attributes:
        edition: What is in the paper.
        today: The day from which all dates are counted back.
        base_url: The site's root, ``http://host:port/``.
    """

    edition: Edition
    today: date
    base_url: str

    def url(self, path: str) -> str:
        """Return the absolute URL of a path."""
        return self.base_url.rstrip("/") + path

    def path(self, slug: str) -> str:
        """Return the path of a story's page, whether this edition shows it or not."""
        return story_by_slug(slug).path(self.today)

    def newest_first(self) -> list[Story]:
        """Return the edition's stories, the newest first."""
        return sorted(self.edition.stories.values(), key=lambda story: story.published.on(self.today), reverse=True)


_STYLE = """
:root{--ink:#1b1d22;--sea:#1f4e5f;--line:#c9c4b8;--paper:#fbf9f4}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:18px/1.6 Georgia,'Times New Roman',serif}
a{color:var(--sea)}
.masthead{text-align:center;border-bottom:3px double var(--ink);padding:1.2rem 1rem .4rem}
.masthead .name{font-size:clamp(2rem,6vw,3.6rem);font-weight:700;letter-spacing:-.02em;text-decoration:none;
color:var(--ink);line-height:1.1}
.masthead .motto{margin:.2rem 0 .8rem;font-style:italic;color:#666}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;justify-content:center;margin:0;
padding:.4rem}
nav a{text-decoration:none;font:600 .85rem/1.4 system-ui,sans-serif;
text-transform:uppercase;letter-spacing:.06em}
.columns{max-width:68rem;margin:0 auto;padding:1.5rem 1rem;display:grid;
grid-template-columns:minmax(0,1fr) 17rem;gap:2.5rem}
@media (max-width:50rem){.columns{grid-template-columns:minmax(0,1fr)}}
h1{font-size:2.2rem;line-height:1.15;margin:.3rem 0 .6rem}
h2{line-height:1.2}
.standfirst{font-size:1.2rem;color:#444;margin:0 0 1rem}
.byline,.meta,.share,.comments,figcaption,aside,footer,.cookies,.tags{font-family:system-ui,sans-serif;
font-size:.88rem}
.byline,.meta{color:#555;margin:.1rem 0}
.share ul,.tags ul{list-style:none;padding:0;margin:.8rem 0;display:flex;gap:.8rem}
figure{margin:1rem 0}
figure img{width:100%;height:auto;display:block}
blockquote{border-inline-start:4px solid var(--sea);margin:1rem 0;padding:.2rem 1.2rem;
font-size:1.2rem;font-style:italic}
aside section,.box{border-top:2px solid var(--ink);padding:.6rem 0 1rem}
aside h2,.box h2{font-size:1rem;margin:.2rem 0 .5rem}
.box{background:#eef3f1;padding:.8rem 1.2rem;margin:1.5rem 0;
font-family:system-ui,sans-serif;font-size:.92rem}
.wall{background:linear-gradient(#fbf9f400,#eee6d2 30%);padding:3rem 1.5rem 1.5rem;margin-top:-3rem;
text-align:center;position:relative}
.button{display:inline-block;background:var(--sea);color:#fff;padding:.45rem 1rem;text-decoration:none}
.correction{border:1px solid var(--line);padding:.6rem 1rem;font-size:.95rem;font-style:italic}
.teasers article{border-bottom:1px solid var(--line);padding:1rem 0;display:grid;
grid-template-columns:9rem minmax(0,1fr);gap:1.2rem}
.teasers article.lead{grid-template-columns:1fr}
.teasers h2{font-size:1.35rem;margin:0 0 .3rem}
.teasers .lead h2{font-size:2.1rem}
.teasers h2 a{color:var(--ink);text-decoration:none}
.teasers img{width:100%;height:auto}
.teasers p{margin:.2rem 0}
footer.site{border-top:3px double var(--ink);margin-top:2rem;padding:1rem;text-align:center;color:#555}
.cookies{background:#e9e4d6;padding:.5rem 1rem;text-align:center}
.old{max-width:46rem;margin:0 auto;padding:1rem;font-family:Verdana,Geneva,sans-serif;font-size:.92rem}
.old .date{color:#777}.old hr{border:0;border-top:1px solid var(--line)}
"""


def document(printing: Printing, *, path: str, title: str, body: str, head: str = "", language: str = "en") -> str:
    """Return a whole HTML page.

    Args:
        printing: The edition, its day and its address.
        path: Where the page is served; becomes its canonical URL.
        title: The plain text of the title element.
        body: Markup between masthead and footer.
        head: Further markup for the head.
        language: The language of the page, a key of `labels.LABELS`.
    """
    direction = ' dir="rtl"' if language == "ar" else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"{direction}>\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n"
        f'<link rel="canonical" href="{escape(printing.url(path))}">\n'
        f'<link rel="alternate" type="application/rss+xml" title="{NAME}" href="/feed.rss">\n'
        f'<link rel="alternate" type="application/atom+xml" title="{NAME}" href="/feed.atom">\n'
        '<link rel="icon" type="image/svg+xml" href="/images/emblem.svg">\n'
        f"{head}<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"{_cookie_note(language)}{_masthead()}{body}{_footer()}</body>\n</html>\n"
    )


def section_name(section: str) -> str:
    """Return a section's name as printed."""
    return SECTIONS[section]


def link(path: str, words: str) -> str:
    """Return an anchor element; both arguments are plain text."""
    return f'<a href="{escape(path)}">{escape(words)}</a>'


def bullet_list(items: list[str]) -> str:
    """Return an unordered list of markup items."""
    return "<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>\n"


def _cookie_note(language: str) -> str:
    labels = LABELS[language]
    return (
        f'<div class="cookies" role="dialog" aria-label="Cookies">{escape(labels.cookies)} '
        f'<button type="button">{escape(labels.accept)}</button></div>\n'
    )


def _masthead() -> str:
    sections = [link(f"/{section}", name) for section, name in SECTIONS.items()]
    services = [link("/latest", "Latest"), link("/search", "Search"), link("/account", "My account")]
    return (
        f'<header class="masthead" lang="en" dir="ltr"><a class="name" href="/">{NAME}</a>\n'
        f'<p class="motto">{MOTTO}</p>\n'
        f'<nav aria-label="Sections">{bullet_list(sections + services)}</nav></header>\n'
    )


def _footer() -> str:
    links = [
        link("/about", "About us"),
        link("/about#corrections", "How we correct mistakes"),
        link("/newsletter", "Newsletters"),
        link("/subscribe", "Subscribe"),
        link("/feed.rss", "RSS"),
        link("/feed.atom", "Atom"),
    ]
    return (
        f'<footer class="site" lang="en" dir="ltr"><nav aria-label="Services">{bullet_list(links)}</nav>\n'
        f"<p>{NAME}, Marrow Quay 1, Ternhaven. Printed on paper that was once something else.</p></footer>\n"
    )
