"""The lines of a text as they stand on the page."""

from __future__ import annotations

import pytest
from pages.reading import Read

HEAD = "<h1>Lamps to be counted</h1>"
SENTENCE = "The bell of the upper town was rung all night long, so that nobody lost the way home in the fog."


def test_characters_that_join_or_part_letters_stay(read: Read) -> None:
    words = "پل تازه\u200cای که دو کرانهٔ رود را به هم پیوند می\u200cدهد صبح امروز با حضور شهردار و ساکنان شهر باز شد."
    article = read(f"<h1>پل تازهٔ شهر</h1><p>{words}</p><p>{words[3:]}</p><p>{words[8:]}</p>", language="fa").article
    assert article.text is not None
    assert article.text.startswith(words)


def test_characters_that_are_not_seen_go(read: Read, paragraphs: str) -> None:
    text = read(HEAD + paragraphs.replace("council", "coun\u00adcil\u200b")).article.text
    assert text is not None
    assert text.startswith("The council of")


@pytest.mark.parametrize(
    "body",
    [
        f"<article>{HEAD}<time>3 May 2024</time><p>{SENTENCE}</p></article>",
        f"<article>{HEAD}<p>3 May 2024</p><p>By Ann Ferrars</p><p>{SENTENCE}</p></article>",
    ],
)
def test_the_lines_of_a_short_page_are_not_run_together(read: Read, body: str) -> None:
    article = read(body).article
    assert (article.title, article.text) == ("Lamps to be counted", SENTENCE)


def test_a_paragraph_that_stands_there_again_is_no_copy(read: Read, paragraphs: str) -> None:
    text = read(f"{HEAD}<article>{paragraphs}{f'<p>{SENTENCE}</p>' * 3}{paragraphs}</article>").article.text or ""
    assert text.count(SENTENCE) == 3


def test_a_page_of_one_paragraph_again_and_again_gives_them_all(read: Read) -> None:
    text = read(f"{HEAD}<article>{f'<p>{SENTENCE}</p>' * 8}</article>").article.text
    assert text == "\n".join([SENTENCE] * 8)


def test_the_copy_of_a_text_for_small_screens_is_left_out(read: Read, paragraphs: str) -> None:
    copies = f"<div class='wide'>{paragraphs}</div><div class='narrow'>{paragraphs}</div>"
    text = read(f"{HEAD}<article>{copies}</article>").article.text or ""
    assert text.count("The council of the upper town") == 1


def test_a_sentence_in_nested_elements_without_names_is_text(read: Read, paragraphs: str) -> None:
    body = f"<article>{paragraphs}<div><div>{SENTENCE}</div></div>{paragraphs.replace('lamps', 'posts')}</article>"
    lines = (read(HEAD + body).article.text or "").split("\n")
    assert lines.index(SENTENCE) == 4


def test_a_subhead_is_not_lost_because_the_text_says_its_words(read: Read, paragraphs: str) -> None:
    body = (
        f"<article>{paragraphs}<h3>All night long</h3><p>{SENTENCE}</p>{paragraphs.replace('lamps', 'posts')}</article>"
    )
    assert "All night long" in (read(HEAD + body).article.text or "").split("\n")


def test_the_cells_of_a_row_are_one_line_without_bars(read: Read, paragraphs: str) -> None:
    table = "<table><tr><th>Town</th><th>Lamps</th></tr><tr><td>Upper</td><td>11</td></tr></table>"
    lines = (read(f"{HEAD}<article>{paragraphs}{table}{paragraphs}</article>").article.text or "").split("\n")
    assert "Upper 11" in lines


def test_paragraphs_in_the_cells_of_one_row_are_lines(read: Read, paragraphs: str) -> None:
    cells = f"<table><tr><td>{paragraphs}</td><td><p>{SENTENCE}</p></td></tr></table>"
    text = read(f"<table><tr><td>{HEAD}</td></tr></table>{cells}").article.text or ""
    assert "|" not in text
    assert text.startswith("The council of")
