"""What the demo newspaper offers to machines: RSS 2.0, Atom, sitemaps, robots.txt."""

from __future__ import annotations

from email.utils import format_datetime
from xml.sax.saxutils import escape

from broadsheet.scheduler.demo.layout import Printing, section_name
from broadsheet.scheduler.demo.masthead import MOTTO, NAME, SECTIONS, released
from broadsheet.scheduler.demo.story import Story

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"


def rss(printing: Printing) -> str:
    """Return the RSS 2.0 feed with every story of the edition."""
    items = "".join(_rss_item(printing, story) for story in printing.newest_first())
    built = format_datetime(released(printing.edition.number, printing.today))
    return (
        f'{_DECLARATION}<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:atom="http://www.w3.org/2005/Atom">\n<channel>\n'
        f"<title>{NAME}</title>\n<link>{_location(printing, '/')}</link>\n"
        f"<description>{MOTTO}</description>\n"
        f'<language>en</language>\n<lastBuildDate>{built}</lastBuildDate>\n<atom:link rel="self" '
        f'type="application/rss+xml" href="{_location(printing, "/feed.rss")}"/>\n{items}</channel>\n</rss>\n'
    )


def _rss_item(printing: Printing, story: Story) -> str:
    location = _location(printing, story.path(printing.today))
    creators = "".join(f"<dc:creator>{escape(author)}</dc:creator>" for author in story.authors)
    return (
        f"<item><title>{escape(story.title)}</title><link>{location}</link>"
        f'<guid isPermaLink="true">{location}</guid>{creators}'
        f"<pubDate>{format_datetime(story.published.on(printing.today))}</pubDate>"
        f"<category>{section_name(story.section)}</category>"
        f"<description>{escape(story.subtitle)}</description></item>\n"
    )


def atom(printing: Printing) -> str:
    """Return the Atom feed (RFC 4287) with every story of the edition."""
    entries = "".join(_atom_entry(printing, story) for story in printing.newest_first())
    updated = released(printing.edition.number, printing.today).isoformat()
    return (
        f'{_DECLARATION}<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">\n<title>{NAME}</title>\n'
        f"<subtitle>{MOTTO}</subtitle>\n<id>{_location(printing, '/')}</id>\n<updated>{updated}</updated>\n"
        f'<link href="{_location(printing, "/")}"/>\n'
        f'<link rel="self" href="{_location(printing, "/feed.atom")}"/>\n'
        f"<author><name>{NAME}</name></author>\n{entries}</feed>\n"
    )


def _atom_entry(printing: Printing, story: Story) -> str:
    location = _location(printing, story.path(printing.today))
    published = story.published.on(printing.today)
    updated = published if story.modified is None else story.modified.on(printing.today)
    authors = "".join(f"<author><name>{escape(author)}</name></author>" for author in story.authors)
    return (
        f'<entry xml:lang="{story.language}"><title>{escape(story.title)}</title><id>{location}</id>'
        f'<link href="{location}"/>{authors}<published>{published.isoformat()}</published>'
        f"<updated>{updated.isoformat()}</updated><summary>{escape(story.subtitle)}</summary></entry>\n"
    )


def sitemap_index(printing: Printing) -> str:
    """Return the index of the two sitemaps (sitemaps.org 0.9)."""
    maps = "".join(
        f"<sitemap><loc>{_location(printing, path)}</loc></sitemap>\n"
        for path in ("/sitemap-news.xml", "/sitemap-pages.xml")
    )
    return f'{_DECLARATION}<sitemapindex xmlns="{_SITEMAP}">\n{maps}</sitemapindex>\n'


def news_sitemap(printing: Printing) -> str:
    """Return the news sitemap with every story; stricter papers list two days only."""
    urls = "".join(_news_url(printing, story) for story in printing.newest_first())
    return f'{_DECLARATION}<urlset xmlns="{_SITEMAP}" xmlns:news="{_NEWS}">\n{urls}</urlset>\n'


def _news_url(printing: Printing, story: Story) -> str:
    published = story.published.on(printing.today)
    changed = published if story.modified is None else story.modified.on(printing.today)
    return (
        f"<url><loc>{_location(printing, story.path(printing.today))}</loc>"
        f"<lastmod>{changed.isoformat()}</lastmod>"
        f"<news:news><news:publication><news:name>{NAME}</news:name>"
        f"<news:language>{story.language}</news:language></news:publication>"
        f"<news:publication_date>{published.isoformat()}</news:publication_date>"
        f"<news:title>{escape(story.title)}</news:title></news:news></url>\n"
    )


def pages_sitemap(printing: Printing) -> str:
    """Return the sitemap of front page, sections and services."""
    paths = ["/", *(f"/{section}" for section in SECTIONS), "/about", "/newsletter", "/subscribe"]
    urls = "".join(f"<url><loc>{_location(printing, path)}</loc></url>\n" for path in paths)
    return f'{_DECLARATION}<urlset xmlns="{_SITEMAP}">\n{urls}</urlset>\n'


def robots_txt(printing: Printing) -> str:
    """Return robots.txt (RFC 9309): all is open but the search and the account."""
    return (
        "User-agent: *\nDisallow: /search\nDisallow: /account\n\n"
        f"Sitemap: {printing.url('/sitemap.xml')}\nSitemap: {printing.url('/sitemap-news.xml')}\n"
    )


def _location(printing: Printing, path: str) -> str:
    return escape(printing.url(path))
