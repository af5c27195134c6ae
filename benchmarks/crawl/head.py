"""The `<head>` of an article's page, and the code that pads real pages: styles and script state."""

import json
import random
from html import escape

from benchmarks.crawl.newspaper import Article, Newspaper


def article_head(newspaper: Newspaper, article: Article) -> str:
    """Everything between `<head>` and `</head>` but inline styles and scripts: titles, OpenGraph, JSON-LD."""
    lines = [
        '<meta charset="utf-8">',
        f"<title>{escape(article.headline)} | {escape(newspaper.name)}</title>",
        f'<link rel="canonical" href="{escape(newspaper.url(article))}">',
        *(f'<meta name="{name}" content="{escape(content)}">' for name, content in _names(article).items()),
        *(f'<meta property="{name}" content="{escape(content)}">' for name, content in _open_graph(newspaper, article)),
        *(f'<link rel="preload" as="font" crossorigin href="/assets/text-{weight}.woff2">' for weight in (400, 600)),
        *(f'<link rel="apple-touch-icon" sizes="{size}x{size}" href="/assets/icon-{size}.png">' for size in (76, 180)),
        *(f'<link rel="stylesheet" href="/assets/{part}.css">' for part in ("base", "grid", "article", "print")),
        *(f'<script async src="/assets/{part}.js"></script>' for part in ("consent", "measure", "slots", "player")),
    ]
    if newspaper.structured:
        description = json.dumps(news_article(newspaper, article), ensure_ascii=False).replace("</", "<\\/")
        lines.append(f'<script type="application/ld+json">{description}</script>')
    return "\n".join(lines)


def _names(article: Article) -> dict[str, str]:
    return {
        "description": article.summary,
        "viewport": "width=device-width, initial-scale=1",
        "robots": "index, follow, max-image-preview:large",
        "twitter:card": "summary_large_image",
        "twitter:title": article.headline,
        "twitter:description": article.summary,
        "theme-color": "#1b2a41",
    }


def _open_graph(newspaper: Newspaper, article: Article) -> list[tuple[str, str]]:
    """Properties of https://ogp.me, those of its article type only where the newspaper is structured."""
    language = newspaper.language
    basic = [
        ("og:type", "article"),
        ("og:title", article.headline),
        ("og:description", article.summary),
        ("og:url", newspaper.url(article)),
        ("og:site_name", newspaper.name),
        ("og:locale", f"{language.code}_{language.region}"),
        ("og:image", f"{newspaper.origin}/media/{article.number}/lead-1200.jpg"),
        ("og:image:width", "1200"),
        ("og:image:height", "675"),
    ]
    if not newspaper.structured:
        return basic
    return [
        *basic,
        ("article:published_time", article.published.isoformat()),
        ("article:modified_time", article.modified.isoformat()),
        ("article:section", language.sections[article.section]),
    ]


def news_article(newspaper: Newspaper, article: Article) -> dict[str, object]:
    """The schema.org NewsArticle that the page carries as JSON-LD."""
    return {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": {"@type": "WebPage", "@id": newspaper.url(article)},
        "headline": article.headline,
        "description": article.summary,
        "inLanguage": newspaper.language.code,
        "articleSection": newspaper.language.sections[article.section],
        "datePublished": article.published.isoformat(),
        "dateModified": article.modified.isoformat(),
        "isAccessibleForFree": True,
        "image": [f"{newspaper.origin}/media/{article.number}/lead-1200.jpg"],
        "author": [{"@type": "Person", "name": name, "url": f"{newspaper.origin}/#staff"} for name in article.authors],
        "publisher": {
            "@type": "NewsMediaOrganization",
            "name": newspaper.name,
            "logo": {"@type": "ImageObject", "url": f"{newspaper.origin}/assets/logo.png"},
        },
    }


def inline_style(generator: random.Random, size: int) -> str:
    """A `<style>` of about `size` bytes: what build tools inline of a site's style sheet."""
    rules: list[str] = []
    length = 0
    while length < size:
        rule = (
            f".{_identifier(generator)}__{generator.choice(_PARTS)}{{display:{generator.choice(_DISPLAYS)};"
            f"margin:{generator.randrange(48)}px {generator.randrange(48)}px;"
            f"padding:{generator.randrange(32)}px;color:#{generator.randrange(1 << 24):06x};"
            f"font-size:{generator.randrange(10, 40)}px;line-height:1.{generator.randrange(10)}}}"
        )
        rules.append(rule)
        length += len(rule)
    return f"<style>{''.join(rules)}</style>"


def inline_state(generator: random.Random, size: int) -> str:
    """A `<script>` of about `size` bytes: the state that a page's client code starts from."""
    entries: list[str] = []
    length = 0
    while length < size:
        entry = json.dumps(
            {
                "id": f"{generator.getrandbits(64):016x}",
                "type": generator.choice(_PARTS),
                "position": generator.randrange(40),
                "visible": generator.random() < 0.5,
                "crop": {"width": generator.randrange(1600), "height": generator.randrange(900)},
                "experiment": _identifier(generator),
            },
            separators=(",", ":"),
        )
        entries.append(entry)
        length += len(entry) + 1
    return f'<script>window.__STATE__={{"components":[{",".join(entries)}]}};</script>'


_PARTS = (
    "title",
    "image",
    "link",
    "list",
    "item",
    "meta",
    "inner",
    "grid",
    "teaser",
    "button",
    "icon",
    "body",
)
_DISPLAYS = ("block", "flex", "grid", "none", "inline-block")
_SYLLABLES = (
    "card",
    "story",
    "nav",
    "promo",
    "rail",
    "hero",
    "stack",
    "byline",
    "media",
    "ad",
    "grid",
    "live",
)


def _identifier(generator: random.Random) -> str:
    return f"{generator.choice(_SYLLABLES)}-{generator.getrandbits(20):05x}"
