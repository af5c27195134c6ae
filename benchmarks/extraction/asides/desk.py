"""What a page that is no article is written with: words without meaning in its language, cards, and known texts."""

import json
import random
import tomllib
from functools import cache
from html import escape
from pathlib import Path

from benchmarks.crawl.language import Language, Vocabulary, Writer

ORIGIN = "https://paper.example"
_TEXTS = Path(__file__).with_name("texts.toml")

Body = tuple[str, str, str]
"""Path, markup of the head, markup between menu and footer."""


class Desk:
    """Writes what stands on one page."""

    def __init__(self, language: Language, seed: str) -> None:
        chance = random.Random(seed)
        self.language = language
        self.writer = Writer(Vocabulary(language, chance), chance)
        self.texts: dict[str, dict[str, str]] = _texts()[language.code]
        self._count = 0

    def link(self, low: int = 6, high: int = 11) -> str:
        """A link with a headline."""
        return f'<a href="{self.address()}">{self.headline(low, high)}</a>'

    def address(self) -> str:
        """The address of another article."""
        self._count += 1
        return f"/2026/11/{self._count:02}/story-{self._count * 37}"

    def headline(self, low: int = 6, high: int = 11) -> str:
        """A headline."""
        return escape(self.writer.phrase(low, high))

    def prose(self, sentences: int) -> str:
        """Running text."""
        return escape(self.writer.sentences(sentences))

    def heading(self, name: str | None = None) -> str:
        """The heading of the page."""
        return f"<h1>{escape(name or self.language.sections[1])}</h1>"

    def said(self, key: str) -> tuple[str, str, str]:
        """The title, the text and the button of a wall or a notice."""
        said = self.texts[key]
        return escape(said["title"]), escape(said.get("text", "")), escape(said.get("button", ""))

    def cards(self, count: int, sentences: int, *, tag: str = "article", heading: str = "h2") -> str:
        """So many teasers: a headline that is a link, and some sentences."""
        return "".join(
            f"<{tag} class='card'><{heading}>{self.link()}</{heading}><p>{self.prose(sentences)}</p></{tag}>"
            for _ in range(count)
        )


def json_ld(document: object) -> str:
    """Return a document as a page describes itself with it."""
    return f'<script type="application/ld+json">{json.dumps(document)}</script>'


@cache
def _texts() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(_TEXTS.read_text(encoding="utf-8"))
