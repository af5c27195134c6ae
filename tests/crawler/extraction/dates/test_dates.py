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


HEADLINE = "<h1>Lamps to be counted</h1>"


def published_meta(content: str, name: str = "article:published_time") -> str:
    return f'<meta property="{name}" content="{content}">'


def test_a_z_that_is_glued_to_a_local_time_gives_way_to_the_offset(read: Read, paragraphs: str) -> None:
    head = linked_data(datePublished="2024-05-03T06:30:00Z") + published_meta("2024-05-03T06:30:00-04:00")
    assert value(read(HEADLINE + paragraphs, head=head).article.published) == "2024-05-03T06:30:00-04:00"


def test_a_z_is_not_glued_to_a_time_that_is_stated_without(read: Read, paragraphs: str) -> None:
    head = linked_data(datePublished="2024-05-03T06:30:00") + published_meta("2024-05-03T06:30:00Z")
    published = read(HEADLINE + paragraphs, head=head).article.published
    assert published == Date(value="2024-05-03T06:30:00", precision="second", zone="unknown")


def test_the_same_moment_is_given_with_the_offset_of_the_place(read: Read, paragraphs: str) -> None:
    head = linked_data(datePublished="2024-05-03T22:04:00Z") + published_meta("2024-05-04T00:04:00+02:00")
    assert value(read(HEADLINE + paragraphs, head=head).article.published) == "2024-05-04T00:04:00+02:00"


def test_the_clock_that_is_shown_tells_the_day_of_a_moment_in_utc(read: Read, paragraphs: str) -> None:
    head = linked_data(datePublished="2024-05-04T02:41:09Z")
    published = read(f"{HEADLINE}<p>May 3, 2024, 10:41 p.m.</p>{paragraphs}", head=head).article.published
    assert published == Date(value="2024-05-03T22:41:09-04:00", precision="second", zone="assumed")


def test_a_shown_clock_on_the_same_day_leaves_a_moment_as_it_is_stated(read: Read, paragraphs: str) -> None:
    head = linked_data(datePublished="2024-05-03T12:41:09Z")
    published = read(f"{HEADLINE}<p>May 3, 2024, 8:41 a.m.</p>{paragraphs}", head=head).article.published
    assert published == Date(value="2024-05-03T12:41:09+00:00", precision="second", zone="stated")


def test_day_and_month_that_changed_places_are_put_back_by_two_others(read: Read, paragraphs: str) -> None:
    head = published_meta("2023-01-11T12:43:42") + published_meta("2023-11-01T12:43:42", "parsely-pub-date")
    body = f"{HEADLINE}<p>1 November 2023</p>{paragraphs}"
    assert value(read(body, head=head).article.published) == "2023-11-01T12:43:42"


def test_what_is_stated_as_modification_too_is_not_the_publication(read: Read, paragraphs: str) -> None:
    head = linked_data(datePublished="2024-05-06T10:00:00Z", dateModified="2024-05-06T10:00:00Z")
    head += published_meta("2024-05-03T06:30:00Z")
    assert value(read(HEADLINE + paragraphs, head=head).article.published) == "2024-05-03T06:30:00+00:00"


def test_nobody_shows_a_day_that_is_to_come(read: Read, paragraphs: str) -> None:
    head = linked_data(datePublished="2024-11-17T10:33:13Z")
    assert value(read(f"{HEADLINE}<p>9 March 2024</p>{paragraphs}", head=head).article.published) == "2024-03-09"


def test_a_later_day_beside_the_headline_does_not_move_the_publication(read: Read, paragraphs: str) -> None:
    head = linked_data(datePublished="2024-03-09T10:33:13Z")
    published = read(f"{HEADLINE}<p>17 November 2024</p>{paragraphs}", head=head).article.published
    assert value(published) == "2024-03-09T10:33:13+00:00"


def test_the_last_change_before_a_timed_release_stands(read: Read, paragraphs: str) -> None:
    head = linked_data(datePublished="2024-05-03T20:00:00Z", dateModified="2024-05-03T15:08:49Z")
    article = read(HEADLINE + paragraphs, head=head).article
    assert value(article.published) == "2024-05-03T20:00:00+00:00"
    assert value(article.modified) == "2024-05-03T15:08:49+00:00"


def test_a_label_says_more_than_the_class_of_its_line(read: Read, paragraphs: str) -> None:
    line = (
        "<p>Published: <time class='updated'>May 3, 2024 at 11:30 p.m.</time> | Updated: May 4, 2024 at 12:21 a.m.</p>"
    )
    article = read(f"{HEADLINE}{line}{paragraphs}").article
    assert value(article.published) == "2024-05-03T23:30:00"
    assert value(article.modified) == "2024-05-04T00:21:00"


@pytest.mark.parametrize("dateline", ["Grünau, 3 May 2024 - ", "3 May 2024. ", "Grünau (Upper Town), May 3, 2024: "])
def test_a_text_may_begin_with_its_date(read: Read, paragraphs: str, dateline: str) -> None:
    body = HEADLINE + paragraphs.replace("<p>", f"<p>{dateline}", 1)
    assert value(read(body).article.published) == "2024-05-03"


def test_a_sentence_that_begins_with_a_date_is_no_dateline(read: Read, paragraphs: str) -> None:
    body = HEADLINE + paragraphs.replace("<p>", "<p>On 3 May 2019 they had begun to count the lamps. ", 1)
    assert value(read(body).article.published) != "2019-05-03"


def test_the_month_of_the_address_gives_way_to_the_day_that_is_shown(read: Read, paragraphs: str) -> None:
    url = "https://paper.example/news/2021/10/lamps-to-be-counted.html"
    assert value(read(f"{HEADLINE}<p>10.11.2021</p>{paragraphs}", url=url).article.published) == "2021-11-10"


def test_the_data_of_a_script_dates_a_page_that_nothing_else_dates(read: Read, paragraphs: str) -> None:
    script = '<script>push("{\\"deployDt\\":\\"2024.05.03 18:40\\",\\"title\\":\\"Lamps\\"}")</script>'
    assert value(read(f"{HEADLINE}{paragraphs}{script}").article.published) == "2024-05-03T18:40:00"


def test_the_data_of_a_list_in_a_script_dates_nothing(read: Read, paragraphs: str) -> None:
    data = '[{"publishedAt":"2024-05-03T18:40:00Z"},{"publishedAt":"2024-05-01T08:00:00Z"}]'
    article = read(f"{HEADLINE}{paragraphs}<script>var list = {data}</script>").article
    assert article.published is None or article.provenance["published"].source == "trafilatura"
