"""Everything on an article's page that is not the article: what an extractor has to leave out.

Every link leads to an article of the same newspaper or to a fragment of its front page, so that a crawler
that follows all links meets the newspaper and nothing else.
"""

import random
from datetime import timedelta
from html import escape

from benchmarks.crawl.language import Writer
from benchmarks.crawl.newspaper import PRESS_TIME, Article, Newspaper


def header(newspaper: Newspaper, writer: Writer) -> str:
    """The masthead with its two-level navigation."""
    labels = newspaper.language.labels
    menus = "".join(
        f'<li class="nav__item"><a class="nav__link" href="/#section-{place}">{escape(section)}</a>'
        f'<ul class="nav__sub">{_fragment_links(writer, f"topic-{place}", 5)}</ul></li>'
        for place, section in enumerate(newspaper.language.sections)
    )
    return (
        '<a class="skip" href="#content">&#9660;</a>'
        f'<header class="masthead"><div class="masthead__inner"><a class="masthead__logo" href="/" '
        f'title="{labels["home"]}"><svg viewBox="0 0 120 24" role="img"><path d="M4 2h8v20H4z"/></svg>'
        f"<span>{escape(newspaper.name)}</span></a>"
        '<form class="search" action="/" role="search"><input type="search" name="q"><button type="submit">'
        '<svg viewBox="0 0 8 8"><path d="M1 1l6 6"/></svg></button></form></div>'
        f'<nav class="nav" aria-label="main"><ul class="nav__list">{menus}</ul></nav></header>'
    )


def _fragment_links(writer: Writer, prefix: str, count: int) -> str:
    return "".join(f'<li><a href="/#{prefix}-{place}">{escape(writer.phrase(1, 2))}</a></li>' for place in range(count))


def share_bar(newspaper: Newspaper) -> str:
    """Buttons for sharing and printing."""
    buttons = "".join(
        f'<li><button class="share__button" data-target="{target}" type="button"><svg viewBox="0 0 16 16">'
        f'<use href="#icon-{target}"></use></svg></button></li>'
        for target in ("mail", "print", "copy", "social", "save")
    )
    return f'<div class="share"><span>{newspaper.language.labels["share"]}</span><ul>{buttons}</ul></div>'


def newsletter(newspaper: Newspaper, writer: Writer) -> str:
    """The box that asks readers to sign up."""
    labels = newspaper.language.labels
    return (
        f'<aside class="newsletter" data-component="newsletter"><h3>{labels["newsletter"]}</h3>'
        f"<p>{escape(writer.phrase(8, 14))}</p>"
        '<form action="/" method="post"><input type="email" name="email">'
        f'<button type="submit">{labels["subscribe"]}</button></form></aside>'
    )


def related(newspaper: Newspaper, articles: list[Article]) -> str:
    """Cards of related articles, each with its title, summary and date."""
    cards = "".join(_card(newspaper, article) for article in articles)
    heading = newspaper.language.labels["related"]
    return f'<section class="related"><h2>{heading}</h2><ul class="related__list">{cards}</ul></section>'


def _card(newspaper: Newspaper, article: Article) -> str:
    section = escape(newspaper.language.sections[article.section])
    return (
        f'<li class="card grid__cell grid__cell--{article.section}"><div class="card__inner flex column" '
        f'data-id="{article.number}" data-position="{article.section}"><div class="card__media ratio">'
        f'<a class="card__link" href="{article.path}" tabindex="-1"><picture><img class="card__image lazy" '
        f'loading="lazy" width="320" height="180" src="/media/{article.number}/card-320.jpg" '
        f'srcset="/media/{article.number}/card-320.jpg 320w, /media/{article.number}/card-640.jpg 640w" '
        f'alt=""></picture></a></div><div class="card__text padding-m padding-top-s"><div class="card__meta">'
        f'<span class="card__section label label--{article.section}">{section}</span></div>'
        f'<h3 class="card__title heading heading--s"><a class="card__anchor" href="{article.path}">'
        f"<span>{escape(article.headline)}</span></a></h3>"
        f'<p class="card__summary text text--s">{escape(article.summary)}</p><div class="card__foot">'
        f'<time class="card__time" datetime="{article.published.isoformat()}">'
        f"{article.published:%d.%m.%Y %H:%M}</time></div></div></div></li>"
    )


def most_read(newspaper: Newspaper, articles: list[Article]) -> str:
    """A numbered list of article titles."""
    entries = "".join(
        f'<li class="ranking__entry"><div class="ranking__row"><a class="ranking__link" href="{other.path}">'
        f'<span class="ranking__title">{escape(other.headline)}</span></a></div></li>'
        for other in articles
    )
    return f'<div class="ranking"><h2>{newspaper.language.labels["most_read"]}</h2><ol>{entries}</ol></div>'


def comments(newspaper: Newspaper, writer: Writer, generator: random.Random, count: int) -> str:
    """That many readers' comments."""
    labels = newspaper.language.labels
    entries = "".join(_comment(newspaper, writer, generator, place) for place in range(count))
    return f'<section class="comments" id="comments"><h2>{labels["comments"]}</h2><ul>{entries}</ul></section>'


def _comment(newspaper: Newspaper, writer: Writer, generator: random.Random, place: int) -> str:
    moment = PRESS_TIME - timedelta(minutes=generator.randrange(600))
    return (
        f'<li class="comment" id="comment-{place}"><div class="comment__frame"><div class="comment__head">'
        f'<img class="avatar" alt="" src="/media/readers/{generator.randrange(4000)}.png">'
        f'<div class="who"><span class="who__name">{escape(writer.name())}</span>'
        f'<time datetime="{moment.isoformat()}">{moment:%H:%M}</time></div></div>'
        f'<div class="comment__body"><p>{escape(writer.sentences(generator.randint(1, 3)))}</p></div>'
        f'<div class="comment__foot"><button type="button">{newspaper.language.labels["reply"]}</button>'
        "</div></div></li>"
    )


def advertisement(generator: random.Random) -> str:
    """An empty slot for an advertisement."""
    slot = f"{generator.getrandbits(32):08x}"
    return (
        f'<div class="slot-wrap slot-wrap--wide"><div class="slot" id="slot-{slot}" data-slot="{slot}"><div '
        f'class="slot__inner"></div></div><script>window.slots=window.slots||[];window.slots.push("{slot}")</script>'
        "</div>"
    )


def footer(newspaper: Newspaper, writer: Writer) -> str:
    """Columns of links, the imprint and the cookie notice."""
    columns = "".join(
        f'<div class="footer__column"><h4>{escape(section)}</h4><ul>{_fragment_links(writer, "service", 6)}</ul></div>'
        for section in newspaper.language.sections[:5]
    )
    return (
        f'<footer class="footer">{columns}<p class="imprint">© 2026 {escape(newspaper.name)}</p></footer>'
        f'<div class="consent" role="dialog"><p>{newspaper.language.labels["cookies"]}</p>'
        '<button type="button">OK</button></div>'
    )
