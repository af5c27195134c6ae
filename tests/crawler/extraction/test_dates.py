from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from pages.reading import Read

from broadsheet.storage.model import Date, Hints


def value(date: Date | None) -> str | None:
    return date.value if date is not None else None


def linked_data(**fields: object) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", **fields})}</script>'


def test_json_ld_gives_the_instant_with_its_zone(read: Read, paragraphs: str) -> None:
    head = linked_data(datePublished="2024-05-03T06:30:00+01:00", dateModified="2024-05-04T07:00:00Z")
    article = read(f"<h1>Lamps to be counted</h1>{paragraphs}", head=head).article
    assert article.published == Date(value="2024-05-03T06:30:00+01:00", precision="second", zone="stated")
    assert article.modified == Date(value="2024-05-04T07:00:00+00:00", precision="second", zone="stated")


def test_a_day_stays_a_day(read: Read, paragraphs: str) -> None:
    head = '<meta name="dc.date" content="2024-05-03">'
    published = read(f"<h1>Lamps to be counted</h1>{paragraphs}", head=head).article.published
    assert published == Date(value="2024-05-03", precision="day", zone="unknown")


def test_the_visible_time_refines_a_day_that_markup_states(read: Read, paragraphs: str) -> None:
    head = '<meta name="dc.date" content="2024-05-03">'
    body = f"<h1>Lamps to be counted</h1><p>3 May 2024, 17:05</p>{paragraphs}"
    published = read(body, head=head).article.published
    assert published == Date(value="2024-05-03T17:05:00", precision="minute", zone="unknown")


def test_the_zone_is_taken_from_whoever_states_it_for_the_same_clock_reading(read: Read, paragraphs: str) -> None:
    head = linked_data(datePublished="2024-05-03T06:30:00") + (
        '<meta property="article:published_time" content="2024-05-03T06:30:00-05:00">'
    )
    published = read(f"<h1>Lamps to be counted</h1>{paragraphs}", head=head).article.published
    assert value(published) == "2024-05-03T06:30:00-05:00"


def test_a_date_after_the_capture_is_not_believed(read: Read, paragraphs: str) -> None:
    head = linked_data(datePublished="2027-01-01T00:00:00Z") + '<meta name="dc.date" content="2024-05-03">'
    captured_at = datetime(2024, 6, 1, tzinfo=UTC)
    extraction = read(f"<h1>Lamps to be counted</h1>{paragraphs}", head=head, captured_at=captured_at)
    assert value(extraction.article.published) == "2024-05-03"
    candidates = [c.value for c in extraction.article.provenance["published"].candidates]
    assert "2027-01-01T00:00:00+00:00" in candidates


def test_the_feed_dates_an_article_that_does_not_date_itself(read: Read, paragraphs: str) -> None:
    hints = Hints(published="Fri, 03 May 2024 06:30:00 GMT")
    article = read(f"<h1>Lamps to be counted</h1>{paragraphs}", hints=hints).article
    assert value(article.published) == "2024-05-03T06:30:00+00:00"
    assert article.provenance["published"].source == "feed"


def test_the_address_gives_the_day_and_the_page_the_time(read: Read, paragraphs: str) -> None:
    article = read(
        f"<h1>Lamps to be counted</h1><p>Updated 3 May 2024, 09:00</p>{paragraphs}",
        url="https://paper.example/2024/05/02/lamps-to-be-counted",
    ).article
    assert value(article.published) == "2024-05-02"
    assert value(article.modified) == "2024-05-03T09:00:00"


@pytest.mark.parametrize(
    ("language", "line", "published", "modified"),
    [
        (
            "de",
            "Veröffentlicht am 3. Mai 2024, aktualisiert am 4. Mai 2024, 8.15 Uhr",
            "2024-05-03",
            "2024-05-04T08:15:00",
        ),
        ("fr", "Publié le 3 mai 2024 à 18h20 - Mis à jour le 4 mai 2024", "2024-05-03T18:20:00", "2024-05-04"),
        ("ru", "3 мая 2024, 18:20. Обновлено 4 мая 2024", "2024-05-03T18:20:00", "2024-05-04"),
        (
            "en",
            "First published 3 May 2024. Last updated on 4 May 2024 at 8:15 pm",
            "2024-05-03",
            "2024-05-04T20:15:00",
        ),
    ],
)
def test_labels_tell_publication_from_modification(
    read: Read, paragraphs: str, language: str, line: str, published: str, modified: str
) -> None:
    article = read(f"<h1>Lamps to be counted</h1><p>{line}</p>{paragraphs}", language=language).article
    assert (value(article.published), value(article.modified)) == (published, modified)


def test_dates_of_a_related_list_are_not_the_articles(read: Read, paragraphs: str) -> None:
    body = (
        f"<h1>Lamps to be counted</h1>{paragraphs}<div><h3>See also</h3><ul>"
        "<li><a href='/town/fog-of-the-great-year-90'>The fog of the great year</a> 21/03/2019</li></ul></div>"
    )
    article = read(body).article
    assert value(article.related[0].published) == "2019-03-21"
    assert value(article.published) != "2019-03-21"


def test_a_copyright_year_is_no_date_of_publication(read: Read, paragraphs: str) -> None:
    body = f"<h1>Lamps to be counted</h1>{paragraphs}<footer>© 2019 The Paper. All rights reserved.</footer>"
    assert read(body).article.published is None


def test_both_readings_of_an_ambiguous_date_are_kept_as_candidates(read: Read, paragraphs: str) -> None:
    text = paragraphs.replace("on Monday", "on Thursday, March 7,")
    article = read(f"<p>03/09/2014, 07.45</p><h1>Lamps to be counted</h1>{text}").article
    assert article.published == Date(value="2014-03-09T07:45:00", precision="minute", zone="unknown")
    candidates = {candidate.value for candidate in article.provenance["published"].candidates}
    assert candidates >= {"2014-03-09T07:45:00", "2014-09-03T07:45:00"}


def test_the_header_and_the_list_of_one_page_may_use_different_orders(read: Read, paragraphs: str) -> None:
    text = paragraphs.replace("on Monday", "on Thursday, March 7,")
    body = (
        f"<p>03/09/2014, 07.45</p><h1>Lamps to be counted</h1>{text}<h3>See also</h3>"
        "<p>The fog of the great year, told again</p><p>11/02/2014 09:30</p>"
        "<p>Ladders, and who holds them at night</p><p>20/02/2014 09:50</p>"
    )
    article = read(body).article
    assert value(article.published) == "2014-03-09T07:45:00"
    assert [value(link.published) for link in article.related] == ["2014-02-11T09:30:00", "2014-02-20T09:50:00"]
