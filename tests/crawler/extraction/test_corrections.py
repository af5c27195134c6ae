from __future__ import annotations

import json

import pytest
from pages.reading import Read

from broadsheet.crawler.extraction.corrections import is_correction
from broadsheet.storage.model import Correction, Date

HEADLINE = "<h1>Lamps to be counted</h1>"


@pytest.mark.parametrize(
    "note",
    [
        "Correction: An earlier version gave the number of lamps as eleven.",
        "This article was amended on 3 May 2024 to say who holds the ladder.",
        "An earlier version of this story misnamed the lamplighter.",
        "Editor's note: This story has been updated with the mayor's answer.",
        "UPDATE: The mayor has since said that the lamps will be counted by day.",
        "Korrektur: In der Überschrift stand eine falsche Zahl.",
        "In einer früheren Version dieses Artikels stand, es seien elf Laternen.",
        "Dieser Artikel wurde am 3. Mai 2024 aktualisiert.",
        "Rectificatif : le nombre de lampes était faux.",
        "Una versión anterior de este artículo decía que eran once.",
        "Errata corrige: i lampioni sono dodici.",
        "ERRAMOS: o número de lâmpadas era outro.",
        "In een eerdere versie van dit artikel stond een verkeerd aantal.",
        "Rättelse: Antalet lampor var fel.",
        "Исправление: в заметке было указано неверное число.",
        "【訂正】ランプの数に誤りがありました。",
    ],
)
def test_notes_of_the_publisher_are_corrections_in_many_languages(note: str) -> None:
    assert is_correction(note)


@pytest.mark.parametrize(
    "line",
    [
        "Updated 1:39 am EST, Wednesday, November 20, 2019",
        "Updated on: November 19, 2019 / 10:07 AM / Lamp News",
        "The correction of the lamps took a week, and nobody was told.",
        "Corrections officers were asked to count the lamps of the gaol.",
        "Update your browser to read this page as it was meant to be read.",
    ],
)
def test_other_lines_are_none(line: str) -> None:
    assert not is_correction(line)


def test_a_note_is_a_field_and_stays_in_the_text(read: Read, paragraphs: str) -> None:
    note = "This article was amended on 3 May 2024 to say who holds the ladder on a windy day in May."
    article = read(f"{HEADLINE}<div>{paragraphs}<p>{note}</p></div>").article
    day = Date(value="2024-05-03", precision="day", zone="unknown")
    assert article.corrections == [Correction(text=note, date=day)]
    assert note in (article.text or "")


def test_a_day_that_the_note_speaks_of_is_not_its_own(read: Read, paragraphs: str) -> None:
    note = "Correction: The lamps were counted on 3 May 2024, not on the day after, as was said here."
    corrections = read(f"{HEADLINE}<div>{paragraphs}<p>{note}</p></div>").article.corrections
    assert corrections == [Correction(text=note)]


def test_a_note_that_is_only_stated_for_machines_counts_too(read: Read, paragraphs: str) -> None:
    stated = {
        "@type": "NewsArticle",
        "headline": "Lamps to be counted",
        "correction": {"@type": "CorrectionComment", "text": "There are twelve lamps.", "datePublished": "2024-05-03"},
    }
    head = f'<script type="application/ld+json">{json.dumps(stated)}</script>'
    [correction] = read(f"{HEADLINE}<div>{paragraphs}</div>", head=head).article.corrections
    assert correction.text == "There are twelve lamps."
    assert correction.date is not None
    assert correction.date.value == "2024-05-03"
