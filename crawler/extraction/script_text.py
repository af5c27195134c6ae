"""The text of an article that a page shows only after its scripts have run: read from the state that they start with.

The state is JSON in a script of its own, behind an assignment, or in the rows that React streams into a page. The
article in it is the object that holds the headline; its text is the longest prose there, in one string or in a list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from lxml import etree, html

from broadsheet.crawler.extraction.body_text import as_text_lines, replace_tags
from broadsheet.crawler.extraction.lines import is_dense
from broadsheet.crawler.extraction.main_text import fast_text
from broadsheet.crawler.extraction.page import Page
from broadsheet.crawler.extraction.passages import key_of

_MIN_STATE = 500
_MIN_PROSE = 60
_MIN_TEXT = 250
_MAX_DEPTH = 40
_MAX_HEADLINE = 400
_MAX_STRINGS = 20_000
_MAX_VALUES = 50
_VALUE = re.compile(r"[=(]\s*(?=[{\[]\s*[\"{\[])|JSON\.parse\(\s*(?=\")")
_STREAMED = re.compile(r"self\.__next_f\.push\(\s*(?=\[)")
_ROW = re.compile(rb"([0-9a-f]*):(?:T([0-9a-f]+),)?")
_REFERENCE = re.compile(r"\$([0-9a-f]+)")
_MARKUP = re.compile(r"</?(?:p|h\d|div|br|ul|strong)\b[^>]*>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^>]*>")
_CODE = re.compile(r"[{};]\s|^https?://\S+$|\w\(\w*\)|[\w-]+\s*:\s*[\w#]+;")

Path = tuple[str, ...]


def script_text(page: Page, headline: str | None) -> str:
    """Return the text of the article that the scripts of a page hold, one paragraph a line; empty without one.

    Args:
        page: The page, its scripts not yet taken out.
        headline: By which the article is known among others in the same state.
    """
    best = ""
    for node in _articles(list(_states(page)), key_of(headline or "")):
        best = max(best, _longest(node), key=len)
    if len(replace_tags(_ANY_TAG, "", best)) < _MIN_TEXT:
        return ""
    if _MARKUP.search(best, 0, best.rfind(">") + 1) is None:
        return as_text_lines(best)
    root = html.document_fromstring(f"<html><body><article>{best}</article></body></html>")
    etree.strip_elements(root, "script", "style", with_tail=False)
    return fast_text(root, page.url)


def _states(page: Page) -> Iterator[Any]:
    """The JSON values in the scripts of a page."""
    decoder = json.JSONDecoder(strict=False)
    streamed: list[str] = []
    for script in page.root.iter("script"):
        text = script.text or ""
        kind = (script.get("type") or "").lower()
        if "ld+json" in kind or (len(text) < _MIN_STATE and "__next_f" not in text):
            continue
        if (match := _STREAMED.search(text)) is not None:
            value = _decoded(decoder, text, match.end())
            streamed += [part for part in value or () if isinstance(part, str)]
        else:
            yield from _assigned(decoder, text)
    if streamed:
        yield from _rows(decoder, "".join(streamed).encode("utf-8", "replace"))


def _assigned(decoder: json.JSONDecoder, text: str) -> Iterator[Any]:
    """The JSON that a script is, or that it assigns or passes on."""
    whole = _decoded(decoder, text.strip(), 0)
    if whole is not None:
        yield whole
        return
    reached = 0
    for match in islice(_VALUE.finditer(text), _MAX_VALUES):
        if match.end() < reached:
            continue
        try:
            value, reached = decoder.raw_decode(text, match.end())
        except (ValueError, RecursionError):
            continue
        yield _decoded(decoder, value, 0) if isinstance(value, str) else value


def _decoded(decoder: json.JSONDecoder, text: str, at: int) -> Any:  # noqa: ANN401 - whatever JSON holds
    try:
        return decoder.raw_decode(text, at)[0]
    except (ValueError, RecursionError):
        return None


def _rows(decoder: json.JSONDecoder, stream: bytes) -> Iterator[Any]:
    """The rows of a React stream: JSON up to the end of the line, or a text with its length in bytes before it."""
    texts: dict[str, str] = {}
    values: list[Any] = []
    position = 0
    while (match := _ROW.match(stream, position)) is not None:
        if match[2] is not None:
            # It may state any length.
            position = min(match.end() + int(match[2], 16), len(stream))
            texts[match[1].decode()] = stream[match.end() : position].decode("utf-8", "replace")
            continue
        end = stream.find(b"\n", match.end())
        end = len(stream) if end < 0 else end
        values.append(_decoded(decoder, stream[match.end() : end].decode("utf-8", "replace"), 0))
        position = end + 1
    yield from (_resolved(value, texts, 0) for value in values)
    yield from texts.values()


def _resolved(value: object, texts: dict[str, str], depth: int) -> object:
    """A value with the texts that it refers to in their places."""
    if depth > _MAX_DEPTH:
        return None
    if isinstance(value, str):
        match = _REFERENCE.fullmatch(value)
        return texts.get(match[1], value) if match else value
    if isinstance(value, list):
        return [_resolved(member, texts, depth + 1) for member in value]
    if isinstance(value, dict):
        return {name: _resolved(member, texts, depth + 1) for name, member in value.items()}
    return value


def _articles(states: list[Any], headline: str) -> list[Any]:
    """The objects that hold the headline, and what stands in them; everything where none does."""
    found = [node for state in states for node in _objects(state, 0) if headline and _holds(node, headline)]
    return found or states


def _objects(value: object, depth: int) -> Iterator[dict[str, Any]]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, dict):
        yield value
    members: Iterable[Any] = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for member in members:
        if isinstance(member, (dict, list)):
            yield from _objects(member, depth + 1)


def _holds(node: dict[str, Any], headline: str) -> bool:
    """Whether an object names the headline, which may carry the site's name behind it."""
    titles = (key_of(value) for value in node.values() if isinstance(value, str) and len(value) <= _MAX_HEADLINE)
    return any(title == headline or (headline.startswith(title) and 2 * len(title) > len(headline)) for title in titles)


def _longest(node: object) -> str:
    """The longest prose in a value: the strings under one name, in whatever lists they stand."""
    found: dict[Path, list[str]] = {}
    for number, (path, text) in enumerate(_strings(node, (), 0)):
        if number > _MAX_STRINGS:
            break
        if _is_prose(text):
            found.setdefault(path, []).append(text)
    return max(("\n".join(dict.fromkeys(texts)) for texts in found.values()), key=len, default="")


def _strings(value: object, path: Path, depth: int) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif depth <= _MAX_DEPTH and isinstance(value, dict):
        for name, member in value.items():
            yield from _strings(member, (*path, name), depth + 1)
    elif depth <= _MAX_DEPTH and isinstance(value, list):
        for member in value:
            yield from _strings(member, path, depth + 1)


def _is_prose(text: str) -> bool:
    if len(text) < _MIN_PROSE:
        return len(text) > _MIN_PROSE // 2 and is_dense(text)
    written = replace_tags(_ANY_TAG, "", text)
    return len(written) * 3 > len(text) and not _CODE.search(written[:400]) and (" " in written or is_dense(written))
