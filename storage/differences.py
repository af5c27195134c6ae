"""What changed from one version to the next: classes of change, a word diff of every field that changed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import Match, SequenceMatcher
from itertools import groupby
from typing import Literal

from msgspec import Struct

from broadsheet.storage.model import Article, Change, Date, Snapshot
from broadsheet.storage.versions import changes_between

# A word with the space after it. Scripts written without spaces (Thai, Lao, Burmese, Khmer, Chinese,
# Japanese) are compared character by character. Compiled when first needed: few processes compare.
_WORD = (
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]\s*"
    r"|[^\s\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+\s*"
    r"|\s+"
)
# How many pairs of equal words are looked at: about two seconds.
_MOST_COMPARISONS = 10_000_000
# Characters that are taken apart into words, which take forty times their room.
_MOST_REFINED = 1_000_000
Operation = Literal["equal", "delete", "insert"]


class Run(Struct, frozen=True, kw_only=True):
    """A run of words that both versions have, or that one of them has alone."""

    operation: Operation
    text: str


class FieldDifference(Struct, frozen=True, kw_only=True):
    """How one field differs: the runs without the inserted ones are the old value, and vice versa."""

    before: str | None
    after: str | None
    runs: list[Run]


class Difference(Struct, frozen=True, kw_only=True):
    """How two versions of a URL differ.

    Attributes:
        url: The article's URL.
        before: The number of the earlier version.
        after: The number of the later version.
        changes: The classes of change, as in the snapshot document.
        fields: Per field that differs (``title``, ``subtitle``, ``text``, ``authors``, ``published``,
            ``modified``, ``access``, ``canonical_url``, ``state``) its word diff.
    """

    url: str
    before: int
    after: int
    changes: list[Change]
    fields: dict[str, FieldDifference]


def difference(before: Snapshot, after: Snapshot) -> Difference:
    """Compare two versions of one URL."""
    old, new = _fields(before), _fields(after)
    return Difference(
        url=after.url,
        before=before.version,
        after=after.version,
        changes=_changes(before, after),
        fields={
            name: FieldDifference(before=old[name], after=new[name], runs=word_diff(old[name], new[name]))
            for name in new
            if old[name] != new[name]
        },
    )


def word_diff(before: str | None, after: str | None) -> list[Run]:
    """Return the runs that lead from one text to another, word by word where lines do not agree.

    The space behind a word, and the end of a line, is a change of its own: a paragraph that is appended is inserted
    behind the line that was the last one, whose end it brings. Of the lines that do not agree a million characters are
    compared word by word, the rest as a whole.
    """
    old, new = (before or "").splitlines(keepends=True), (after or "").splitlines(keepends=True)
    runs: list[Run] = []
    left_to_refine = _MOST_REFINED
    for operation, lines_before, lines_after in _opcodes(old, new):
        if operation == "replace":
            left_to_refine -= sum(map(len, lines_before)) + sum(map(len, lines_after))
            if left_to_refine >= 0:
                runs.extend(_refined("".join(lines_before), "".join(lines_after)))
                continue
        runs.extend(_runs(operation, lines_before, lines_after))
    return _joined(runs)


def _refined(left: str, right: str) -> Iterator[Run]:
    for operation, deleted, inserted in _opcodes(re.findall(_WORD, left), re.findall(_WORD, right)):
        yield from _runs(operation, deleted, inserted)


def _changes(before: Snapshot, after: Snapshot) -> list[Change]:
    if after.article is None:
        return [] if before.article is None else ["removed"]
    return changes_between(before, after.article, after.canonical_url)


def _fields(snapshot: Snapshot) -> dict[str, str | None]:
    article = snapshot.article or Article()
    return {
        "state": snapshot.state,
        "title": article.title,
        "subtitle": article.subtitle,
        "text": article.text,
        "authors": ", ".join(author.name for author in article.authors) or None,
        "published": _date(article.published),
        "modified": _date(article.modified),
        "access": article.subscription.access if snapshot.article else None,
        "canonical_url": snapshot.canonical_url,
    }


def _date(date: Date | None) -> str | None:
    return date.value if date else None


def _opcodes(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    matcher = _BoundedMatcher([piece.rstrip() for piece in old], [piece.rstrip() for piece in new])
    for operation, i1, i2, j1, j2 in matcher.get_opcodes():
        yield operation, old[i1:i2], new[j1:j2]


class _BoundedMatcher(SequenceMatcher[str]):
    """A matcher that takes the rest for one replacement once it has compared enough: texts may be made to be slow."""

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        super().__init__(None, old, new, autojunk=False)
        self._old = old
        self._times = Counter(new)
        self._comparisons = 0

    def find_longest_match(self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None) -> Match:
        self._comparisons += sum(self._times[piece] for piece in self._old[alo:ahi])
        if self._comparisons > _MOST_COMPARISONS:
            return Match(alo, blo, 0)
        return super().find_longest_match(alo, ahi, blo, bhi)


def _runs(operation: str, before: Sequence[str], after: Sequence[str]) -> Iterator[Run]:
    if operation != "equal":
        yield Run(operation="delete", text="".join(before))
        yield Run(operation="insert", text="".join(after))
        return
    for old, new in zip(before, after, strict=True):
        if old == new:
            yield Run(operation="equal", text=new)
            continue
        bare = new.rstrip()
        yield Run(operation="equal", text=bare)
        yield Run(operation="delete", text=old[len(bare) :])
        yield Run(operation="insert", text=new[len(bare) :])


def _joined(runs: Iterable[Run]) -> list[Run]:
    """Return runs without empty ones; between two equal ones stand one that deletes and one that inserts, at most."""
    joined: list[Run] = []
    for is_equal, group in groupby((run for run in runs if run.text), lambda run: run.operation == "equal"):
        texts: dict[Operation, list[str]] = {"equal": [], "delete": [], "insert": []}
        for run in group:
            texts[run.operation].append(run.text)
        equal, deleted, inserted = ("".join(texts[operation]) for operation in ("equal", "delete", "insert"))
        if is_equal and joined and joined[-1].operation == "equal":
            joined[-1] = Run(operation="equal", text=joined[-1].text + equal)
            continue
        deleted, inserted, behind = _without_common_end(deleted, inserted)
        pieces: list[tuple[Operation, str]] = [("delete", deleted), ("insert", inserted), ("equal", equal or behind)]
        joined.extend(Run(operation=operation, text=text) for operation, text in pieces if text)
    return joined


def _without_common_end(deleted: str, inserted: str) -> tuple[str, str, str]:
    """Return what is deleted and inserted, and the space that both end with, where one of them is nothing but space.

    A word put to the end of a line is an insertion, and not one that also replaces the end of the line.
    """
    if deleted.strip() and inserted.strip():
        return deleted, inserted, ""
    count = 0
    while count < min(len(deleted), len(inserted)) and deleted[-1 - count] == inserted[-1 - count]:
        count += 1
    kept = len(deleted) - count
    return deleted[:kept], inserted[: len(inserted) - count], deleted[kept:]
