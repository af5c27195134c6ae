from __future__ import annotations

import json

import pytest
from pages.reading import Read

HEAD = "<h1>Lamps to be counted</h1>"
QUOTATION = "“The lamp does not ask who walks under it!” - Osric Bell, from “Letters to a lamplighter”"


@pytest.mark.parametrize(
    "scrap",
    [
        "<p>By Ann Ferrars</p>",
        "<p class='date'>3 May 2024, 17:05</p>",
        "<p><a href='/m'>Send to a friend</a></p>",
        "<p><a href='/m'>Send to a friend</a> | <a href='/p'>Printable version</a></p>",
        "<div class='bar'><span>Share</span> <span>Tweet</span></div>",
        "<p>Artikel drucken</p>",
        "<p>Photo: Cy Long</p>",
        "<p>© 2024 The Paper. All rights reserved.</p>",
    ],
)
def test_what_stands_around_an_article_is_no_text(read: Read, paragraphs: str, scrap: str) -> None:
    plain = read(HEAD + paragraphs).article.text
    head = '<meta name="author" content="Ann Ferrars">'
    assert read(HEAD + scrap + paragraphs, head=head).article.text == plain
    assert read(HEAD + paragraphs + scrap, head=head).article.text == plain


@pytest.mark.parametrize(
    "ending",
    [
        f"<p>Printable version</p><p>{QUOTATION}</p>",
        f"<p>Printable version</p><div><i>{QUOTATION}</i></div>",
        f"<footer><p>{QUOTATION}</p></footer>",
        f"<p>Subscribe to our updates or change your choice</p><p><a href='/n'>Subscribe now</a></p><p>{QUOTATION}</p>",
    ],
)
def test_the_closing_quotation_of_the_site_is_no_text(read: Read, paragraphs: str, ending: str) -> None:
    text = read(HEAD + paragraphs + ending).article.text
    assert text is not None
    assert "Osric" not in text
    assert text.count("\n") == 3


def test_a_quotation_that_ends_the_story_is_text(read: Read, paragraphs: str) -> None:
    ending = "<p>“We shall count them by day,” said the mayor, “when they are easier to find.”</p>"
    text = read(HEAD + paragraphs + ending).article.text
    assert (text or "").endswith("“when they are easier to find.”")


def test_paragraphs_are_lines(read: Read, paragraphs: str) -> None:
    lines = (read(HEAD + paragraphs).article.text or "").split("\n")
    assert [line[:11] for line in lines] == ["The council", "Nobody had ", "The lamplig", "In the lowe"]


def test_paragraphs_broken_by_line_breaks_are_lines_too(read: Read, paragraphs: str) -> None:
    broken = paragraphs.replace("<p>", "").replace("</p>", "<br><br>")
    text = read(f"{HEAD}<div>{broken}</div>").article.text or ""
    assert "pinned to the door of the hall.\nNobody had counted" in text


def test_a_short_article_is_text_without_what_surrounds_it(read: Read) -> None:
    body = (
        f"{HEAD}<p>3 May 2024</p>"
        "<p>The council counts its lamps on Monday, whatever the weather, from nine in the morning on.</p>"
        "<p>Whoever has a ladder is asked to bring it and to leave it at the gate of the hall by six.</p>"
    )
    assert (read(body).article.text or "").startswith("The council counts")


def test_the_stated_body_is_taken_where_the_page_shows_next_to_nothing(read: Read, paragraphs: str) -> None:
    stated = {"@type": "NewsArticle", "headline": "Lamps to be counted", "articleBody": paragraphs}
    head = f'<script type="application/ld+json">{json.dumps(stated)}</script>'
    article = read(f"{HEAD}<div id='app'>Loading</div>", head=head).article
    assert article.provenance["text"].source == "json-ld"
    assert (article.text or "").startswith("The council of the upper town")
    assert "<p>" not in (article.text or "")


def test_teasers_longer_than_the_article_are_no_reason_to_doubt_its_text(read: Read, paragraphs: str) -> None:
    teaser = "The lamps of another town, of which nothing is told here, are counted by somebody else, and for a fee."
    cards = "".join(
        f"<div class='card'><h3><a href='/other-{i}'>Lamps of town {i} to be counted</a></h3><p>{teaser} {i}</p></div>"
        for i in range(30)
    )
    article = HEAD + paragraphs.replace("lamps", "street lamps") + paragraphs
    text = read(f"<main><article>{article}</article><section>{cards}</section></main>").article.text
    assert text is not None
    assert "another town" not in text
    assert text.count("The council of the upper town") == 2


@pytest.mark.parametrize(
    "line",
    [
        "<p><a href='/towns/fog-lamps-4'>THE GREAT FOG: ELEVEN LAMPS THAT NEVER CAME BACK</a></p>",
        "<ul><li><a href='/towns/fog-lamps-4'>The eleven lamps that never came back</a></li></ul>",
        "<p>Ann Ferrars can be reached at ann@paper.example.</p>",
        "<p>Cy Long contributed to this report.</p>",
        "<p>We may earn a small commission when you buy a lamp by a link on this page.</p>",
        "<p>Advertisement</p>",
        "<p>This article appeared in the Towns section of the print edition.</p>",
        "<div>Empfohlener redaktioneller Inhalt</div>",
    ],
)
def test_what_stands_in_the_column_beside_the_article_is_no_text(read: Read, paragraphs: str, line: str) -> None:
    plain = read(f"{HEAD}<div>{paragraphs}{paragraphs.replace('lamps', 'lanterns')}</div>").article.text
    body = f"{HEAD}<div>{paragraphs}{line}{paragraphs.replace('lamps', 'lanterns')}</div>"
    assert read(body).article.text == plain


def test_an_article_in_two_columns_of_one_kind_is_whole(read: Read, paragraphs: str) -> None:
    second = paragraphs.replace("lamps", "lanterns").replace("lamplighter", "watchman")
    body = (
        f"{HEAD}<main><div class='block'><div class='column'>{paragraphs}</div></div><div class='advert'>Lamps!</div>"
        f"<div class='block'><div class='column'>{second}</div></div></main>"
    )
    text = read(body).article.text or ""
    assert text.count("\n") == 7
    assert text.index("count the lamps again") < text.index("count the lanterns again")


def test_a_stated_body_that_says_everything_twice_is_not_taken(read: Read, paragraphs: str) -> None:
    stated = {"@type": "NewsArticle", "headline": "Lamps to be counted", "articleBody": paragraphs * 2}
    head = f'<script type="application/ld+json">{json.dumps(stated)}</script>'
    article = read(HEAD + paragraphs, head=head).article
    assert article.provenance["text"].source == "trafilatura"


def test_an_article_in_an_element_that_is_named_a_menu_is_read(read: Read, paragraphs: str) -> None:
    text = read(f"<div class='menu'><a href='/'>Home</a>{HEAD}{paragraphs}</div>").article.text or ""
    assert text.startswith("The council of the upper town")
    assert text.count("\n") == 3


@pytest.mark.parametrize(
    "ending",
    [
        "<h3>More of the upper town</h3>",
        "<p>Ann Ferrars is the clerk of the upper town and has counted everything in it.</p>",
        "<p>Our newsletter tells you on Mondays what was counted. Sign up and be told.</p>",
    ],
)
def test_what_ends_the_column_behind_the_article_is_no_text(read: Read, paragraphs: str, ending: str) -> None:
    head = '<meta name="author" content="Ann Ferrars">'
    text = read(f"{HEAD}<div>{paragraphs}{ending}</div>", head=head).article.text or ""
    assert text.endswith("pinned to the door of the hall.")


def test_a_text_that_is_all_headings_is_kept(read: Read) -> None:
    lines = "".join(f"<h{2 + n % 2}>Lamp {n} of the upper town was counted today.</h{2 + n % 2}>" for n in range(9))
    text = read(f"<h1>Lamps</h1><article class='article-body'>{lines}</article>").article.text
    assert "Lamp 8 of" in (text or "")


def test_teasers_under_a_heading_of_their_own_end_the_text(read: Read, paragraphs: str) -> None:
    cards = "".join(f"<h4>Another story {n}</h4><p>It tells of something else, and of {n} lamps.</p>" for n in range(4))
    text = read(
        f"{HEAD}<div class='article-body'>{paragraphs}<h3>More from the lower town</h3>{cards}</div>"
    ).article.text
    assert (text or "").endswith("pinned to the door of the hall.")


def test_a_box_at_the_side_is_no_text(read: Read, paragraphs: str) -> None:
    box = "<aside><h3>Facts on lamps</h3><ul><li>A lamp weighs as much as a cow, and is quieter.</li></ul></aside>"
    second = paragraphs.replace("lamps", "lanterns")
    text = read(f"{HEAD}<div class='article-body'>{paragraphs}{box}{second}</div>").article.text
    assert "as much as a cow" not in (text or "")
