from __future__ import annotations

import pytest
from pages.reading import Read

FOG = "<a href='/town/fog-of-the-great-year-90'>The fog of the great year</a>"
LADDER = "<a href='/town/second-ladder-promised-91'>A second ladder is promised</a>"
HEAD = "<h1>Lamps to be counted</h1>"


@pytest.mark.parametrize(
    "box",
    [
        f"<div><h3>See also</h3><ul><li>{FOG}</li><li>{LADDER}</li></ul></div>",
        f"<aside><b>Lesen Sie auch:</b><p>{FOG}</p><p>{LADDER}</p></aside>",
        f"<h4>Read more</h4><p>{FOG}</p><p>{LADDER}</p>",
        f"<section class='related'><h2>In the same matter</h2>{FOG}<br>{LADDER}</section>",
        f"<div><h3>Zum selben Thema</h3><div>{FOG} {LADDER}</div></div>",
        f"<div id='relatedTab'><ul><li>{FOG}</li><li>{LADDER}</li></ul></div>",
        f"<table><tr><th>Читайте также</th></tr><tr><td>{FOG}</td></tr><tr><td>{LADDER}</td></tr></table>",
    ],
)
def test_a_box_is_known_by_its_heading_or_its_name(read: Read, paragraphs: str, box: str) -> None:
    article = read(HEAD + paragraphs + box).article
    assert [(link.title, link.kind) for link in article.related] == [
        ("The fog of the great year", "see_also"),
        ("A second ladder is promised", "see_also"),
    ]
    assert "ladder is promised" not in (article.text or "")


@pytest.mark.parametrize("heading", ["Most read", "Meistgelesen", "Latest news", "Tags", "Follow us", "人気記事"])
def test_lists_beside_any_article_are_not_related(read: Read, paragraphs: str, heading: str) -> None:
    body = f"{HEAD}{paragraphs}<div class='side'><h3>{heading}</h3><ul><li>{FOG}</li><li>{LADDER}</li></ul></div>"
    assert read(body).article.related == []


def test_a_list_that_begins_inside_the_box_ends_it(read: Read, paragraphs: str) -> None:
    body = f"{HEAD}{paragraphs}<div><h3>See also</h3><p>{FOG}</p><h3>Most read</h3><p>{LADDER}</p></div>"
    assert [link.title for link in read(body).article.related] == ["The fog of the great year"]


def test_a_read_more_line_inside_the_text_is_related_and_no_text(read: Read, paragraphs: str) -> None:
    first, *rest = paragraphs.split("</p>")
    body = f"{HEAD}{first}</p><p>READ MORE: {FOG}</p>{'</p>'.join(rest)}"
    article = read(body).article
    (link,) = article.related
    assert (link.kind, link.heading, link.title) == ("in_text", "READ MORE", "The fog of the great year")
    assert "fog of the great year" not in (article.text or "").replace("year of the great fog", "")


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        (f"<p><b>Read also</b> {FOG}</p>", "Read also"),
        (f"<p class='toolbar'><span>Les også </span>{FOG}</p>", "Les også"),
        (f"<div class='card'><h3>{FOG}</h3></div>", None),
    ],
)
def test_a_card_between_two_paragraphs_is_related_and_no_text(
    read: Read, paragraphs: str, line: str, heading: str | None
) -> None:
    first, second, *rest = paragraphs.split("</p>")
    article = read(f"{HEAD}{first}</p>{second}</p>{line}{'</p>'.join(rest)}").article
    (link,) = article.related
    assert (link.kind, link.heading, link.title) == ("in_text", heading, "The fog of the great year")
    assert "The fog of the great year" not in (article.text or "")


def test_a_long_list_between_two_paragraphs_is_no_related_box(read: Read, paragraphs: str) -> None:
    first, *rest = paragraphs.split("</p>")
    cards = "".join(f"<p><a href='/town/news-of-day-{n}'>What else happened on day {n}</a></p>" for n in range(9))
    assert read(f"{HEAD}{first}</p>{cards}{'</p>'.join(rest)}").article.related == []


def test_a_link_in_running_text_is_related_and_stays_text(read: Read, paragraphs: str) -> None:
    sentence = (
        f"<p>What came of it then is told elsewhere: {FOG}, a story that took four winters to be written down.</p>"
    )
    article = read(HEAD + paragraphs + sentence).article
    (link,) = article.related
    assert (link.kind, link.url) == ("in_text", "https://paper.example/town/fog-of-the-great-year-90")
    assert "The fog of the great year" in (article.text or "")


@pytest.mark.parametrize(
    "entry",
    [
        "<li>The bridge that nobody asked for<br><span>20/02/2014 09:50</span></li>",
        "<li><span>20/02/2014 09:50</span> The bridge that nobody asked for</li>",
        "<li>The bridge that nobody asked for (20/02/2014 09:50)</li>",
    ],
)
def test_a_title_without_a_link_keeps_its_date_and_has_no_address(read: Read, paragraphs: str, entry: str) -> None:
    (link,) = read(f"{HEAD}{paragraphs}<div><h3>See also</h3><ul>{entry}</ul></div>").article.related
    assert (link.url, link.title) == (None, "The bridge that nobody asked for")
    assert link.published is not None
    assert link.published.value == "2014-02-20T09:50:00"


def test_a_date_before_its_title_belongs_to_the_title_behind_it(read: Read, paragraphs: str) -> None:
    box = f"<div><h3>See also</h3><p>20/02/2014</p><p>{FOG}</p><p>21/02/2014</p><p>{LADDER}</p></div>"
    published = [link.published for link in read(HEAD + paragraphs + box).article.related]
    assert [date.value for date in published if date is not None] == ["2014-02-20", "2014-02-21"]


def test_an_entry_without_a_date_does_not_take_its_neighbours(read: Read, paragraphs: str) -> None:
    box = f"<div><h3>See also</h3><p>{FOG}</p><p>{LADDER}</p><p>21/02/2014</p></div>"
    first, second = read(HEAD + paragraphs + box).article.related
    assert first.published is None
    assert second.published is not None


def test_links_to_tags_authors_and_social_sites_are_left_out(read: Read, paragraphs: str) -> None:
    box = (
        "<div><h3>See also</h3><ul><li><a href='/tags/street-lamps'>All about street lamps</a></li>"
        "<li><a rel='author' href='/people/ann'>More words by Ann Ferrars</a></li>"
        f"<li><a href='https://facebook.com/thepaper'>The Paper on other sites</a></li><li>{FOG}</li></ul></div>"
    )
    assert [link.title for link in read(HEAD + paragraphs + box).article.related] == ["The fog of the great year"]


@pytest.mark.parametrize(
    ("first", "second"), [("灯台守の日記、見つかる", "台風で港の倉庫が被害"), ("الرقة بين نارين", "أهالي منبج ينتظرون")]
)
def test_a_title_shorter_than_its_date_is_a_title_with_that_date(
    read: Read, paragraphs: str, first: str, second: str
) -> None:
    entries = f"<li><a href='/k/1'>{first}</a> (2016/5/21)</li><li><a href='/k/2'>{second}</a> (2016/5/22)</li>"
    article = read(f"{HEAD}{paragraphs}<h3>See also</h3><ul>{entries}</ul>").article
    assert [(link.title, link.published and link.published.value) for link in article.related] == [
        (first, "2016-05-21"),
        (second, "2016-05-22"),
    ]


def test_a_box_behind_a_rule_is_no_part_of_the_text(read: Read) -> None:
    text = "<br><br>".join(
        f"The lamps of the {side} side were counted by the clerk on Monday, and eleven of them were found missing."
        for side in ("north", "south", "east", "west")
    )
    other = "<b>A third ladder is promised</b> - 05/27/2016 11:15 AM"
    box = f"<hr><b>See also:</b><br>{FOG} - 06/18/2016 5:30 PM<br>{other}<hr>"
    article = read(
        f"{HEAD}<i>By DAN O'LEARY, Staff Writer</i><br>Posted: June 10, 2016 9:12 a.m. CDT<hr>{text}{box}"
    ).article
    assert (article.text or "").count("\n") == 3
    assert (article.lead, article.subtitle) == (None, None)
    assert article.published is not None
    assert article.published.value == "2016-06-10T09:12:00-05:00"
    assert [link.title for link in article.related] == ["The fog of the great year", "A third ladder is promised"]


def test_bullets_are_no_part_of_titles_and_an_offer_of_a_letter_is_no_entry(read: Read, paragraphs: str) -> None:
    letter = "<p>Every morning at six: <a href='/nl'>Subscribe to the newsletter</a></p>"
    box = f"<b>See also:</b><br>» {FOG} (04.03.2016)<br>» {LADDER} (30.12.15)"
    article = read(f"{HEAD}{paragraphs}<div>{box}</div>{letter}").article
    assert [link.title for link in article.related] == ["The fog of the great year", "A second ladder is promised"]
