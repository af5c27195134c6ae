"""The files of a newspaper that lead to its articles: front page, robots.txt and news sitemaps."""

from html import escape

from benchmarks.crawl import furniture
from benchmarks.crawl.language import Writer
from benchmarks.crawl.newspaper import Article, Newspaper

SITEMAP_LIMIT = 1_000
"""Most articles in one news sitemap (https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap)."""

_FRONT_PAGE_ARTICLES = 40


def front_page(newspaper: Newspaper) -> str:
    """The home page: the newest articles, in the furniture of every other page."""
    language = newspaper.language
    writer = Writer(newspaper.vocabulary, newspaper.generator("front page"))
    newest = sorted(newspaper.articles, key=lambda article: article.published, reverse=True)
    return (
        f'<!DOCTYPE html>\n<html lang="{language.code}" dir="{language.direction}">\n<head>\n'
        f'<meta charset="utf-8">\n<title>{escape(newspaper.name)}</title>\n'
        f'<link rel="canonical" href="{newspaper.origin}/">\n<meta property="og:type" content="website">\n'
        f'</head>\n<body class="page page--front">\n{furniture.header(newspaper, writer)}\n<main>'
        f"{furniture.related(newspaper, newest[:_FRONT_PAGE_ARTICLES])}</main>\n"
        f"{furniture.footer(newspaper, writer)}\n</body>\n</html>\n"
    )


def robots_txt(newspaper: Newspaper) -> str:
    """Allows everything and names every sitemap (RFC 9309; sitemaps.org for the Sitemap lines)."""
    sitemaps = "".join(f"Sitemap: {newspaper.origin}/{name}\n" for name in news_sitemaps(newspaper))
    return f"User-agent: *\nAllow: /\n\n{sitemaps}"


def news_sitemaps(newspaper: Newspaper) -> dict[str, str]:
    """News sitemaps that together list every article, by file name; one even when there is no article."""
    articles = newspaper.articles
    starts = range(0, max(len(articles), 1), SITEMAP_LIMIT)
    return {
        f"news-sitemap-{place}.xml": _news_sitemap(newspaper, articles[start : start + SITEMAP_LIMIT])
        for place, start in enumerate(starts)
    }


def _news_sitemap(newspaper: Newspaper, articles: tuple[Article, ...]) -> str:
    entries = "".join(_sitemap_entry(newspaper, article) for article in articles)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">\n'
        f"{entries}</urlset>\n"
    )


def _sitemap_entry(newspaper: Newspaper, article: Article) -> str:
    return (
        f"<url><loc>{escape(newspaper.url(article))}</loc><lastmod>{article.modified.isoformat()}</lastmod>"
        f"<news:news><news:publication><news:name>{escape(newspaper.name)}</news:name>"
        f"<news:language>{newspaper.language.code}</news:language></news:publication>"
        f"<news:publication_date>{article.published.isoformat()}</news:publication_date>"
        f"<news:title>{escape(article.headline)}</news:title></news:news></url>\n"
    )
