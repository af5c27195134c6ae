"""Article pages by seed: realistic templates of three layouts around pseudo-text in several languages.

Sizes and element counts follow a sample of real news pages: 30 to 150 kB, 500 to 1,000 elements, a fifth of
the size after gzip.
"""

import random
from dataclasses import dataclass
from html import escape

from benchmarks.crawl import furniture, head
from benchmarks.crawl.language import Writer
from benchmarks.crawl.newspaper import Article, Newspaper

SMALLEST_PAGE, LARGEST_PAGE = 30_000, 150_000
"""Bounds of a page's size in bytes of UTF-8."""

_USUAL_SIZE = 105_000


@dataclass(frozen=True)
class Layout:
    """The markup around an article, as one content management system would write it."""

    opening: str
    closing: str
    headline: str
    summary: str
    byline: str
    time_attributes: str
    body_opening: str
    body_closing: str
    paragraph: str


_SEMANTIC = Layout(
    opening='<main id="content"><article class="story">',
    closing="</article></main>",
    headline='<h1 class="story__headline">{}</h1>',
    summary='<p class="story__standfirst">{}</p>',
    byline='<div class="story__byline"><address><a rel="author" href="/#staff">{}</a></address></div>',
    time_attributes='class="story__time"',
    body_opening='<div class="story__body">',
    body_closing="</div>",
    paragraph="<p>{}</p>",
)
_NESTED_BLOCKS = Layout(
    opening='<div id="content" class="row"><div class="col-8"><div class="post post-single">',
    closing="</div></div></div>",
    headline='<div class="post-header"><h1 class="entry-title">{}</h1></div>',
    summary='<div class="entry-lead"><strong>{}</strong></div>',
    byline='<span class="author vcard"><span class="fn">{}</span></span>',
    time_attributes='class="entry-date published"',
    body_opening='<div class="entry-content clearfix">',
    body_closing="</div>",
    paragraph='<div class="text-block"><p class="text">{}</p></div>',
)
_MICRODATA = Layout(
    opening='<main id="content"><article itemscope itemtype="https://schema.org/NewsArticle">',
    closing="</article></main>",
    headline='<h1 itemprop="headline">{}</h1>',
    summary='<h2 itemprop="alternativeHeadline">{}</h2>',
    byline=('<span itemprop="author" itemscope itemtype="https://schema.org/Person"><b itemprop="name">{}</b></span>'),
    time_attributes='itemprop="datePublished"',
    body_opening='<section itemprop="articleBody">',
    body_closing="</section>",
    paragraph="<p>{}</p>",
)
LAYOUTS = (_SEMANTIC, _NESTED_BLOCKS, _MICRODATA)


def render_article(newspaper: Newspaper, article: Article) -> str:
    """The HTML document of one article.

    Args:
        newspaper: The newspaper it stands in.
        article: What the plan says of it.

    Returns:
        The same document for the same seed and article, always.
    """
    generator = newspaper.generator(f"page/{article.number}")
    writer = Writer(newspaper.vocabulary, generator)
    head_markup = head.article_head(newspaper, article)
    body_markup = _body(newspaper, article, writer, generator)
    padding = _target_size(generator) - len(head_markup.encode()) - len(body_markup.encode())
    style = head.inline_style(generator, max(padding * 2 // 5, 1_000))
    state = head.inline_state(generator, max(padding * 3 // 5 - 500, 1_000))
    language = newspaper.language
    return (
        f'<!DOCTYPE html>\n<html lang="{language.code}" dir="{language.direction}">\n'
        f"<head>\n{head_markup}\n{style}\n</head>\n"
        f'<body class="page page--article">\n{body_markup}\n{state}\n'
        '<script src="/assets/site.js" defer></script>\n</body>\n</html>\n'
    )


def _target_size(generator: random.Random) -> int:
    return int(generator.triangular(SMALLEST_PAGE, LARGEST_PAGE - 4_000, _USUAL_SIZE))


def _body(newspaper: Newspaper, article: Article, writer: Writer, generator: random.Random) -> str:
    others = _neighbours(newspaper, article, generator, 34)
    return "\n".join(
        [
            furniture.header(newspaper, writer),
            furniture.advertisement(generator),
            _story(newspaper, article, writer, generator),
            furniture.related(newspaper, others[: generator.randint(12, 20)]),
            '<aside class="sidebar">',
            furniture.most_read(newspaper, others[20:34]),
            *(furniture.advertisement(generator) for _ in range(4)),
            "</aside>",
            furniture.comments(newspaper, writer, generator, generator.choice((0, 4, 8, 12, 18, 26))),
            furniture.footer(newspaper, writer),
        ]
    )


def _neighbours(newspaper: Newspaper, article: Article, generator: random.Random, count: int) -> list[Article]:
    """Other articles of the newspaper; fewer than `count` when it is that small."""
    others = generator.sample(newspaper.articles, min(count + 1, len(newspaper.articles)))
    return [other for other in others if other.number != article.number][:count]


def _story(newspaper: Newspaper, article: Article, writer: Writer, generator: random.Random) -> str:
    layout, labels = LAYOUTS[newspaper.layout], newspaper.language.labels
    section = escape(newspaper.language.sections[article.section])
    bylines = "".join(layout.byline.format(escape(name)) for name in article.authors)
    published, modified = article.published, article.modified
    return "\n".join(
        [
            layout.opening,
            f'<a class="kicker" href="/#section-{article.section}">{section}</a>',
            layout.headline.format(escape(article.headline)),
            layout.summary.format(escape(article.summary)),
            f"{labels['by']} {bylines}",
            f'<time {layout.time_attributes} datetime="{published.isoformat()}">',
            f"{published:%d.%m.%Y %H:%M}</time>",
            f'<span class="updated">{labels["updated"]} {modified:%d.%m.%Y %H:%M}</span>',
            furniture.share_bar(newspaper),
            _figure(newspaper, article, writer),
            layout.body_opening,
            *_paragraphs(newspaper, article, writer, generator),
            layout.body_closing,
            _tags(article),
            layout.closing,
        ]
    )


def _figure(newspaper: Newspaper, article: Article, writer: Writer) -> str:
    credit = f"{newspaper.language.labels['credit']}: {escape(writer.name())}"
    widths = ", ".join(f"/media/{article.number}/lead-{width}.jpg {width}w" for width in (320, 640, 960, 1200))
    return (
        f'<figure><picture><source type="image/webp" srcset="{widths}"><img width="1200" height="675" '
        f'src="/media/{article.number}/lead-1200.jpg" srcset="{widths}" alt=""></picture><figcaption>'
        f"{escape(writer.sentences(1))} <span>{credit}</span></figcaption></figure>"
    )


def _paragraphs(newspaper: Newspaper, article: Article, writer: Writer, generator: random.Random) -> list[str]:
    """The article's text, with what editors put between its paragraphs."""
    layout = LAYOUTS[newspaper.layout]
    blocks: list[str] = []
    count = generator.choice((5, generator.randint(8, 20), generator.randint(12, 42), generator.randint(20, 50)))
    for place in range(count):
        text = escape(writer.sentences(generator.randint(2, 4)))
        if generator.random() < 0.2:
            text += _inline_link(newspaper, article, generator)
        blocks.append(layout.paragraph.format(text))
        if place == count // 2:
            blocks.append(furniture.newsletter(newspaper, writer))
        elif generator.random() < 0.15:
            blocks.append(_interruption(writer, generator))
    return blocks


def _inline_link(newspaper: Newspaper, article: Article, generator: random.Random) -> str:
    return "".join(
        f' <a href="{other.path}">{escape(other.headline)}</a>'
        for other in _neighbours(newspaper, article, generator, 1)
    )


def _interruption(writer: Writer, generator: random.Random) -> str:
    kind = generator.choice(("heading", "quotation", "list", "advertisement"))
    if kind == "heading":
        return f"<h2>{escape(writer.phrase(3, 6))}</h2>"
    if kind == "quotation":
        cite = f"<cite>{escape(writer.name())}</cite>"
        return f"<blockquote><p>{escape(writer.sentences(1))}</p>{cite}</blockquote>"
    if kind == "list":
        entries = "".join(f"<li>{escape(writer.phrase(6, 14))}</li>" for _ in range(generator.randint(3, 5)))
        return f"<ul>{entries}</ul>"
    return furniture.advertisement(generator)


def _tags(article: Article) -> str:
    links = "".join(
        f'<li><a rel="tag" href="/#tag-{place}">{escape(tag)}</a></li>' for place, tag in enumerate(article.tags)
    )
    return f'<ul class="tags">{links}</ul>'
