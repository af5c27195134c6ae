"""Statements about dates: each tells when an article was published or modified, and where that stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from lxml import html

from broadsheet.crawler.extraction.date_order import day_of
from broadsheet.crawler.extraction.date_text import Mention, find_dates, plain, read_stamp
from broadsheet.crawler.extraction.lines import Line
from broadsheet.storage.model import Date, FieldSource

Role = Literal["published", "modified"]

MAX_DATE_LINE = 170
"""Characters of a line or a value that can be a date with its label; a longer one is a sentence."""

_MODIFIED_LABEL = re.compile(
    r"update|upd\.|modifi|revis|edited|aktualisiert|geändert|stand:|mis à jour|màj|maj\b|aggiorna|"
    r"modifica|actualiza|"
    r"atualiza|bijgewerkt|gewijzigd|oppdatert|uppdatera|opdateret|päivitetty|aktualizac|zaktualizow|"
    r"aktualizov|"
    r"обновлен|изменен|оновлен|güncelle|ενημέρωσ|تحديث|به‌روز|更新|수정|업데이트|diperbarui|cập nhật|frissít",
    re.IGNORECASE,
)
_PUBLISHED_LABEL = re.compile(
    r"publi|posted|first published|issued|veröffentlicht|erschienen|erstellt|paru|pubblicat|creato|geplaatst|"
    r"gepubliceerd|publisert|publicerad|publiceret|offentliggjort|julkaistu|opublikowan|publikován|vydáno|"
    r"опубликован|дата публикации|yayın|δημοσ|نشر|公開|配信|発信|发布|입력|등록|terbit|ngày đăng|közzét|"
    r"megjelen",
    re.IGNORECASE,
)


class Claim(NamedTuple):
    """One statement about a date: where it stands, and what it can mean."""

    role: Role
    source: FieldSource
    readings: tuple[Date, ...]
    mention: Mention | None = None


def claims_of_value(role: Role, source: FieldSource, value: str | None) -> Iterator[Claim]:
    """Read the claim in a value of markup, an address or a feed; nothing where it holds no date."""
    if not value or len(value) > MAX_DATE_LINE:
        return
    stamp = read_stamp(value)
    if stamp is not None:
        yield Claim(role, source, (stamp,))
        return
    mention = next((m for m in find_dates(plain(value)) if m.readings), None)
    if mention is not None:
        yield Claim(role, source, mention.readings, mention)


def claims_of_line(line: Line) -> Iterator[tuple[Claim, bool]]:
    """The dates of a line, each with whether a label stands before it; a ``<time>`` says it more exactly."""
    stamps = [stamp for e in dict.fromkeys(line.elements) if (stamp := _time_stamp(e)) is not None]
    text = plain(line.text)
    position = 0
    for mention in find_dates(text):
        label = text[position : mention.start]
        position = mention.end
        if not mention.readings:
            continue
        role: Role = "modified" if _MODIFIED_LABEL.search(label) or _marked_modified(line) else "published"
        exact = next((s for s in stamps if day_of(s) in map(day_of, mention.readings)), None)
        readings = (exact,) if exact is not None and not is_finer(mention.readings[0], exact) else mention.readings
        yield (
            Claim(role, "visible", readings, mention),
            bool(label and _PUBLISHED_LABEL.search(label)) or exact is not None,
        )
    if position == 0:
        for stamp in stamps:
            role = "modified" if _MODIFIED_LABEL.search(text) or _marked_modified(line) else "published"
            yield Claim(role, "visible", (stamp,)), True


def _time_stamp(element: html.HtmlElement) -> Date | None:
    for node in (element, element.getparent()):
        if node is not None and node.tag in ("time", "abbr"):
            value = node.get("datetime") or node.get("title")
            return read_stamp(value) if value else None
    return None


def _marked_modified(line: Line) -> bool:
    return any(
        "dateModified" in (e.get("itemprop") or "") or "updated" in (e.get("class") or "").split()
        for e in line.elements
    )


def is_finer(value: Date, than: Date) -> bool:
    """Whether a date says the same as another one and more."""
    if value.zone == "stated" and than.zone == "unknown" and than.precision in ("minute", "second"):
        return value.value.startswith(than.value[:16])
    order = ("year", "month", "day")
    if than.precision not in order:
        return False
    coarse = len(than.value)
    return len(value.value) > coarse and value.value[:coarse] == than.value
