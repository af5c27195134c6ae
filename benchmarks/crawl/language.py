"""Text that looks like a language without meaning anything: the words of the benchmark's pages."""

import random
import tomllib
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

_TABLES = Path(__file__).with_name("languages.toml")
_VOCABULARY_SIZE = 1200
_FUNCTION_WORD_SHARE = 0.42


@dataclass(frozen=True)
class Language:
    """One table of `languages.toml`.

    Attributes:
        code: ISO 639-1 code, as in `<html lang>`.
        region: ISO 3166-1 code, as in `og:locale`.
        function_words: The commonest words, in order of frequency.
        syllables: What pseudo-words are made of.
        sections: Names of a newspaper's sections.
        labels: What the newspaper prints beside its articles, by purpose.
        direction: `ltr` or `rtl`.
        separator: What stands between two words.
        comma: The pause within a sentence.
        full_stop: The end of a sentence.
    """

    code: str
    region: str
    function_words: tuple[str, ...]
    syllables: tuple[str, ...]
    sections: tuple[str, ...]
    labels: dict[str, str]
    direction: str = "ltr"
    separator: str = " "
    comma: str = ", "
    full_stop: str = ". "


@cache
def languages() -> tuple[Language, ...]:
    """Every language of `languages.toml`, in its order."""
    tables = tomllib.loads(_TABLES.read_text(encoding="utf-8"))
    return tuple(_language(code, table) for code, table in tables.items())


def _language(code: str, table: dict[str, object]) -> Language:
    words = {name: tuple(str(table.pop(name)).split()) for name in ("function_words", "syllables")}
    return Language(code=code, **words, **table)  # type: ignore[arg-type]  # a table we wrote; tests read it


class Vocabulary:
    """The words of one newspaper.

    Word frequencies follow Zipf's law, as in real text: it decides how well pages compress.

    Args:
        language: The language the words look like.
        generator: The source of chance; the same seed invents the same words.
    """

    def __init__(self, language: Language, generator: random.Random) -> None:
        self.language = language
        self.rare = list(dict.fromkeys(_invent_word(language, generator) for _ in range(_VOCABULARY_SIZE)))
        self.words = [*language.function_words, *self.rare]
        common = _zipf(len(language.function_words), _FUNCTION_WORD_SHARE)
        self.cumulative_weights = list(accumulate([*common, *_zipf(len(self.rare), 1 - _FUNCTION_WORD_SHARE)]))


class Writer:
    """Writes headlines, names and paragraphs.

    Args:
        vocabulary: The words to write with.
        generator: The source of chance; the same seed writes the same text.
    """

    def __init__(self, vocabulary: Vocabulary, generator: random.Random) -> None:
        self.language = vocabulary.language
        self._vocabulary = vocabulary
        self._random = generator

    def phrase(self, low: int, high: int) -> str:
        """Between `low` and `high` words with a capital letter and no full stop: a headline, a caption."""
        phrase = self._words(low, high)
        return phrase[:1].upper() + phrase[1:]

    def name(self) -> str:
        """A person's name."""
        given, family = self._random.choices(self._vocabulary.rare, k=2)
        return f"{given.capitalize()}{self.language.separator}{family.capitalize()}"

    def sentences(self, count: int) -> str:
        """That many sentences, in one string without a line break."""
        return "".join(self._sentence() for _ in range(count)).rstrip()

    def _sentence(self) -> str:
        sentence = self.phrase(5, 14)
        if self._random.random() < 0.6:
            sentence = f"{sentence}{self.language.comma}{self._words(4, 12)}"
        return sentence + self.language.full_stop

    def _words(self, low: int, high: int) -> str:
        vocabulary = self._vocabulary
        count = self._random.randint(low, high)
        words = self._random.choices(vocabulary.words, cum_weights=vocabulary.cumulative_weights, k=count)
        return self.language.separator.join(words)


def _invent_word(language: Language, generator: random.Random) -> str:
    return "".join(generator.choices(language.syllables, k=generator.choice((1, 2, 2, 2, 3, 3, 4))))


def _zipf(count: int, share: float) -> list[float]:
    weights = [1 / rank for rank in range(1, count + 1)]
    scale = share / sum(weights)
    return [weight * scale for weight in weights]
