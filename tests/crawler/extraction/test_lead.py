from __future__ import annotations

import pytest
from pages.reading import Read

HEADLINE = "<h1>Lamps to be counted</h1>"
LEAD = "The upper town wants to know how many lamps it has, and sends a man with a ladder to find out."


@pytest.mark.parametrize(
    "markup",
    [
        f"<p class='article__standfirst'>{LEAD}</p>",
        f"<div class='preamble'><p>{LEAD}</p></div>",
        f"<p><b>{LEAD}</b></p>",
        f"<h2>{LEAD}</h2>",
        f"<p class='a7'>{LEAD}</p>",
    ],
)
def test_what_is_set_apart_between_headline_and_text_is_the_lead(read: Read, paragraphs: str, markup: str) -> None:
    article = read(f"{HEADLINE}{markup}<div class='text'>{paragraphs}</div>").article
    assert article.lead == LEAD
    assert article.text is not None
    assert article.text.startswith(f"{LEAD}\nThe council of the upper town")


def test_the_lead_of_several_paragraphs_is_whole(read: Read, paragraphs: str) -> None:
    markup = f"<div class='intro'><p>{LEAD}</p><p>He has been given a book to write them in.</p></div>"
    article = read(f"{HEADLINE}{markup}<div class='text'>{paragraphs}</div>").article
    assert article.lead == f"{LEAD}\nHe has been given a book to write them in."


def test_of_a_deck_line_and_an_introduction_the_lead_is_the_longer(read: Read, paragraphs: str) -> None:
    markup = f"<p class='subtitle'>A ladder is on its way</p><p class='intro'>{LEAD}</p>"
    article = read(f"{HEADLINE}{markup}<div class='text'>{paragraphs}</div>").article
    assert (article.subtitle, article.lead) == ("A ladder is on its way", LEAD)


def test_the_question_of_an_interview_is_no_lead(read: Read, paragraphs: str) -> None:
    answers = "".join(f"<p><b>{question}?</b></p>{paragraphs}" for question in ("Who counts the lamps", "And at night"))
    article = read(f"{HEADLINE}{answers}").article
    assert (article.subtitle, article.lead) == (None, None)


def test_a_headline_in_the_menu_is_no_reason_to_miss_the_lead(read: Read, paragraphs: str) -> None:
    menu = "<nav><ol><li>Town</li><li><h1>Lamps to be counted</h1></li></ol></nav>"
    article = f"<h2>Lamps of the upper town to be counted</h2><p class='x'>{LEAD}</p><div>{paragraphs}</div>"
    assert read(f"{menu}<article>{article}</article>").article.lead == LEAD


@pytest.mark.parametrize(
    "markup",
    [
        "",
        f"<figure><figcaption>{LEAD}</figcaption></figure>",
        f"<div class='caption'>{LEAD}</div>",
        "<div class='meta'>Published on Monday, 3 May 2024 at nine, by the clerk of the upper town</div>",
    ],
)
def test_an_article_that_sets_nothing_apart_has_no_lead(read: Read, paragraphs: str, markup: str) -> None:
    article = read(f"{HEADLINE}{markup}<div class='text'>{paragraphs}</div>").article
    assert article.lead is None
