"""The newspapers of the benchmark: who publishes what, planned before any page is rendered.

A newspaper is planned whole because its pages link to each other by title.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from benchmarks.crawl.language import Language, Vocabulary, Writer, languages

# A fixed moment: pages must not change with the day the benchmark runs on.
PRESS_TIME = datetime(2026, 1, 15, 18, 30, tzinfo=UTC)
_ASCII_SECTIONS = ("world", "politics", "business", "science", "culture", "sport", "opinion")


@dataclass(frozen=True)
class Article:
    """What the rest of the newspaper says about one of its articles.

    Attributes:
        number: Place in the newspaper, from 0.
        path: Path of its URL.
        headline: Its title.
        summary: One or two sentences.
        section: Index into the sections of the newspaper's language.
        authors: One or two names.
        tags: Between two and six.
        published: When it first appeared.
        modified: When it last changed.
    """

    number: int
    path: str
    headline: str
    summary: str
    section: int
    authors: tuple[str, ...]
    tags: tuple[str, ...]
    published: datetime
    modified: datetime


@dataclass(frozen=True)
class Newspaper:
    """One host of the benchmark's web.

    Attributes:
        seed: Seed of everything chance decides in it.
        origin: Scheme, host and port, without a slash at the end.
        name: Its title.
        vocabulary: Its words.
        layout: Which of the page layouts it uses, counted from 0.
        structured: Whether its pages state author, section and dates in JSON-LD and meta tags. Three papers
            in four do, as on the real web; the fourth leaves an extractor to search the visible page.
        articles: All its articles, in order of publication.
    """

    seed: str
    origin: str
    name: str
    vocabulary: Vocabulary
    layout: int
    structured: bool
    articles: tuple[Article, ...]

    @property
    def language(self) -> Language:
        """The language it is written in."""
        return self.vocabulary.language

    def generator(self, purpose: str) -> random.Random:
        """Chance for one purpose, so that no page depends on which others were rendered before it."""
        return random.Random(f"{self.seed}/{purpose}")

    def url(self, article: Article) -> str:
        """The absolute URL of an article."""
        return self.origin + article.path


def plan_newspaper(seed: int, index: int, origin: str, article_count: int) -> Newspaper:
    """Plans the newspaper of one host.

    Args:
        seed: Seed of the whole web.
        index: Place of the host in the web, from 0: decides its language and its layout.
        origin: Scheme, host and port, without a slash at the end.
        article_count: How many articles it has.
    """
    own_seed = f"{seed}/{index}"
    language = languages()[index % len(languages())]
    vocabulary = Vocabulary(language, random.Random(f"{own_seed}/vocabulary"))
    name = Writer(vocabulary, random.Random(f"{own_seed}/name")).phrase(2, 3)
    articles = tuple(_plan_article(own_seed, vocabulary, number) for number in range(article_count))
    return Newspaper(own_seed, origin, name, vocabulary, index % 3, index % 4 != 2, articles)


def _plan_article(seed: str, vocabulary: Vocabulary, number: int) -> Article:
    generator = random.Random(f"{seed}/plan/{number}")
    writer = Writer(vocabulary, generator)
    published = PRESS_TIME - timedelta(minutes=generator.randrange(40 * 60), seconds=generator.randrange(60))
    section = generator.randrange(len(_ASCII_SECTIONS))
    return Article(
        number=number,
        path=f"/{_ASCII_SECTIONS[section]}/{published:%Y/%m/%d}/{_slug(generator)}-{number + 10_000}.html",
        headline=writer.phrase(6, 12),
        summary=writer.sentences(generator.choice((1, 1, 2))),
        section=section,
        authors=tuple(writer.name() for _ in range(generator.choice((1, 1, 1, 2)))),
        tags=tuple(writer.phrase(1, 2) for _ in range(generator.randint(2, 6))),
        published=published,
        modified=published + timedelta(minutes=generator.choice((0, 0, 12, 95))),
    )


def _slug(generator: random.Random) -> str:
    """Words of the first language, which is plain ASCII: most papers transliterate their slugs."""
    return "-".join("".join(generator.choices(languages()[0].syllables, k=2)) for _ in range(5))
