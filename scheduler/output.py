"""What the commands print: JSON for machines, tables and colours for people."""

from __future__ import annotations

import codecs
import json
import re
import sys
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from broadsheet.storage.model import Article, Change

if TYPE_CHECKING:
    from rich.console import Console


class NobodyReadsError(Exception):
    """Whoever read stdout has gone, as `head` does. It is no OSError: those click ends with a status of its own."""


_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SAID = {
    "headline": "headline",
    "body": "text",
    "byline": "byline",
    "published": "publication date",
    "modified": "modification date",
    "access": "access",
    "canonical": "canonical URL",
    "removed": "removed",
    "restored": "restored",
}


@cache
def console() -> Console:
    """Return what prints for people to stdout.

    It is made when something is printed with it: rich takes long to load, and JSON does without.
    """
    from rich.console import Console

    class Output(Console):
        def on_broken_pipe(self) -> None:
            raise NobodyReadsError

    # Headlines and addresses are printed as they are: "[live]" is no style, ":boat:" no picture.
    return Output(highlight=False, markup=False, emoji=False)


@cache
def errors() -> Console:
    """Return what prints for people to stderr, made as `console` is."""
    from rich.console import Console

    class Errors(Console):
        def on_broken_pipe(self) -> None:
            """Fall silent where nobody reads stderr any more; rich would turn stdout off with it."""
            self.quiet = True

    return Errors(stderr=True, highlight=False, markup=False, emoji=False)


def print_json(document: Any) -> None:  # noqa: ANN401 - whatever msgspec encodes
    """Print one document on one line of stdout."""
    write_json(msgspec.json.encode(document) + b"\n")


def write_json(encoded: bytes) -> None:
    """Write JSON in UTF-8 to stdout: as it is, and where that is not its encoding, in ASCII with escapes.

    Raises:
        NobodyReadsError: Nobody reads it.
    """
    if not _is_utf8(sys.stdout.encoding):
        escaped = _BEYOND_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], encoded.decode())
        encoded = escaped.encode("ascii")
    write_bytes(encoded)


def print_text(text: str) -> None:
    """Print a text and the end of its line to stdout.

    Raises:
        NobodyReadsError: Nobody reads it.
    """
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise NobodyReadsError from error


def write_bytes(data: bytes) -> None:
    """Write bytes to stdout as they are.

    Raises:
        NobodyReadsError: Nobody reads it.
    """
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError as error:
        raise NobodyReadsError from error


def printable(text: str) -> str:
    """Return what a page or a server said without control characters: to a terminal they would be commands."""
    return _CONTROL.sub("\ufffd", text)


def moment(when: datetime) -> str:
    """Return a time as people read it."""
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"


def changes(version: int, classes: Iterable[Change]) -> str:
    """Return what changed with a version of that number, in words."""
    what = ", ".join(said(change) for change in classes)
    return what or ("first version" if version == 1 else "-")


def article_text(article: Article) -> str:
    """Return an article as people read it."""
    lines = [article.title or "(no title)"]
    text = article.text or ""
    lines += [article.subtitle] if article.subtitle and not text.startswith(article.subtitle) else []
    lines += ["By " + ", ".join(author.name for author in article.authors)] if article.authors else []
    stated = [f"published {article.published.value}"] if article.published else []
    stated += [f"modified {article.modified.value}"] if article.modified else []
    access = article.subscription.access
    stated += [] if access == "unknown" else [f"access {access}"]
    line = ", ".join(stated)
    lines += [line[0].upper() + line[1:]] if stated else []
    return printable("\n".join([*lines, "", (text or "(no text)").replace("\n", "\n\n")]))


def said(change: Change) -> str:
    """Return a class of change as people say it."""
    return _SAID[change]


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name == "utf-8"
