"""Pages that are no articles, made up: front and section pages, lists of all kinds, walls, forms, legal notices.

Every page is made in every language of `benchmarks/crawl/languages.toml`, of words without meaning; what walls and
notices say is in `texts.toml`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape

from benchmarks.crawl.language import languages
from benchmarks.extraction.asides.desk import ORIGIN, Body, Desk
from benchmarks.extraction.asides.lists import LISTS
from benchmarks.extraction.asides.walls import WALLS


@dataclass(frozen=True)
class Aside:
    """One page that is no article.

    Attributes:
        name: Which layout, and in which language.
        group: `index` or `other`.
        url: Where it would stand.
        html: The page.
    """

    name: str
    group: str
    url: str
    html: str


def asides() -> Iterator[Aside]:
    """Every layout in every language."""
    for group, layouts in (("index", LISTS), ("other", WALLS)):
        for layout in layouts:
            for language in languages():
                name = f"{layout.__name__.replace('_', ' ')}, {language.code}"
                desk = Desk(language, name)
                yield Aside(name, group, *_page(desk, layout))


def _page(desk: Desk, layout: Callable[[Desk], Body]) -> tuple[str, str]:
    path, head, body = layout(desk)
    language = desk.language
    menu = "".join(f'<li><a href="/s{n}">{escape(name)}</a></li>' for n, name in enumerate(language.sections))
    html = (
        f'<!DOCTYPE html><html lang="{language.code}" dir="{language.direction}"><head><meta charset="utf-8">'
        f"<title>The Paper</title>{head}</head><body><nav><ul>{menu}</ul></nav>{body}"
        f"<footer><p>&copy; The Paper</p></footer></body></html>"
    )
    return f"{ORIGIN}{path}", html
