"""Statements about dates: each tells when an article was published or modified, and where that stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Literal, NamedTuple

from lxml import html

from broadsheet.crawler.extraction.dates.order import day_of
from broadsheet.crawler.extraction.dates.relative_time import find_relative
from broadsheet.crawler.extraction.dates.text import Mention, find_dates, plain, read_stamp
from broadsheet.crawler.extraction.lines import Line
from broadsheet.storage.model import Date, FieldSource

Role = Literal["published", "modified"]

MAX_DATE_LINE = 170
"""Characters of a line or a value that can be a date with its label; a longer one is a sentence."""

_MAX_RELATIVE_LINE = 80
_BEGINNING = 4
_MAX_WORDS_BESIDE = 20  # Letters: weekdays, prepositions.
_NO_LETTER = re.compile(r"[\W\d_]+")
_MODIFIED_LABEL = re.compile(
    r"update|upd\.|modifi|revis|edited|aktualisiert|geändert|stand:|mis à jour|màj|maj\b|aggiorna|"
    r"modifica|actualiza|"
    r"atualiza|bijgewerkt|gewijzigd|oppdatert|uppdatera|opdateret|päivitetty|aktualizac|zaktualizow|"
    r"aktualizov|"
    r"обновлен|изменен|оновлен|güncelle|ενημέρωσ|تحديث|به\u200c?روز|更新|수정|업데이트|diperbarui|cập nhật|frissít|"
    r"อัปเดต|อัพเดต|แก้ไข|עודכן|עדכון|अपडेट|আপডেট|განახლ|修改|編集日",
    re.IGNORECASE,
)
_PUBLISHED_LABEL = re.compile(
    r"publi|posted|first published|issued|veröffentlicht|erschienen|erstellt|paru|pubblicat|creato|geplaatst|"
    r"gepubliceerd|publisert|publicerad|publiceret|offentliggjort|julkaistu|opublikowan|publikován|vydáno|"
    r"опубликован|дата публикации|yayın|δημοσ|نشر|公開|配信|発信|发布|입력|등록|terbit|ngày đăng|közzét|"
    r"megjelen|เผยแพร่|โพสต์|פורסם|פרסום|प्रकाशित|प्रकाशन|প্রকাশ|გამოქვეყნ|انتشار|發布|发表|發表|掲載|投稿|게시|발행",
    re.IGNORECASE,
)

_DATE_WORD = re.compile(r"วันที่|เวลา|תאריך|दिनांक|তারিখ|தேதி|თარიღი|تاریخ|تاريخ|日期|时间|時間|날짜")


class Claim(NamedTuple):
    """One statement about a date: where it stands, and what it can mean.

    Attributes:
        role: Of what it is the date.
        source: Where it stands.
        readings: What it can mean, one date or two.
        mention: How it is written, unless as a machine stamp.
        near: Whether it is the first that is shown beside the headline.
    """

    role: Role
    source: FieldSource
    readings: tuple[Date, ...]
    mention: Mention | None = None
    near: bool = False


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
        role = _role_of(label, line, text[mention.start : mention.start + _BEGINNING])
        exact = next((s for s in stamps if day_of(s) in map(day_of, mention.readings)), None)
        readings = (exact,) if exact is not None and not is_finer(mention.readings[0], exact) else mention.readings
        yield (
            Claim(role, "visible", readings, mention),
            bool(label and _PUBLISHED_LABEL.search(label)) or exact is not None,
        )
    if position == 0:
        for stamp in stamps:
            yield Claim(_role_of(text, line, ""), "visible", (stamp,)), True


def relative_claim(line: Line, captured_at: datetime) -> Claim | None:
    """A date that a line tells from the moment of the capture: "Updated 3 hours ago"."""
    text = plain(line.text)
    found = find_relative(text, captured_at) if len(text) <= _MAX_RELATIVE_LINE else None
    if found is None:
        return None
    start, told = found
    return Claim(_role_of(text[:start], line, ""), "visible", (told,))


def is_date_label(text: str) -> bool:
    """Whether a text says of what the date beside it is the date."""
    return any(label.search(text) for label in (_MODIFIED_LABEL, _PUBLISHED_LABEL, _DATE_WORD))


def is_dateline(text: str) -> bool:
    """Whether a text is nothing but dates and what they are the dates of: "Published 10 June, updated 11 June"."""
    rest, position = "", 0
    for mention in find_dates(text):
        if mention.readings:
            rest += f"{text[position : mention.start]} "
            position = mention.end
    rest += text[position:]
    if not position or not is_date_label(rest):
        return False
    return len(_NO_LETTER.sub("", _PUBLISHED_LABEL.sub("", _MODIFIED_LABEL.sub("", rest)))) < _MAX_WORDS_BESIDE


def _role_of(label: str, line: Line, beginning: str) -> Role:
    """Of what a date is the date: by the label before it, or by the markup of the element that it begins in."""
    modified = [match.end() for match in _MODIFIED_LABEL.finditer(label)]
    published = [match.end() for match in _PUBLISHED_LABEL.finditer(label)]
    if modified or published:
        return "modified" if max(modified, default=-1) > max(published, default=-1) else "published"
    return "modified" if _marked_modified(line, beginning) else "published"


def _time_stamp(element: html.HtmlElement) -> Date | None:
    for node in (element, element.getparent()):
        if node is not None and node.tag in ("time", "abbr"):
            value = node.get("datetime") or node.get("title")
            return read_stamp(value) if value else None
    return None


def _marked_modified(line: Line, beginning: str) -> bool:
    return any(
        "dateModified" in (e.get("itemprop") or "") or "updated" in (e.get("class") or "").split()
        for e, part in zip(line.elements, line.parts, strict=True)
        if beginning in plain(part)
    )


def is_finer(value: Date, than: Date) -> bool:
    """Whether a date says the same as another one and more; a "Z" alone is too often glued to a clock reading."""
    if value.zone == "stated" and than.zone == "unknown" and than.precision in ("minute", "second"):
        return value.value.startswith(than.value[:16]) and not value.value.endswith("+00:00")
    order = ("year", "month", "day")
    if than.precision not in order:
        return False
    coarse = len(than.value)
    return len(value.value) > coarse and value.value[:coarse] == than.value
