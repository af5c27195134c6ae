"""Which text of a page is seen, and where one word ends and the next begins."""

from __future__ import annotations

import pytest
from lxml import html
from pages.reading import Read

from broadsheet.crawler.extraction.lines import read_lines

HEAD = "<h1>Lamps to be counted</h1>"


def test_what_react_streams_in_a_hidden_part_is_seen_since_its_script_shows_it(read: Read, paragraphs: str) -> None:
    place = "<article><template id='B:0'></template></article>"
    text = read(f"{HEAD}{place}<div hidden id='S:0'>{paragraphs}</div><script>$RC('B:0','S:0')</script>").article.text
    assert text is not None
    assert text.count("\n") == 3


@pytest.mark.parametrize("attributes", ["hidden", "hidden id='S1'", "style='display: none'", "class='sr-only'"])
def test_what_is_hidden_otherwise_is_not_seen(attributes: str) -> None:
    root = html.document_fromstring(f"<body><p>Seen</p><div {attributes}><p>Not seen</p></div></body>")
    assert [line.text for line in read_lines(root)] == ["Seen"]


@pytest.mark.parametrize(
    "between",
    ["</b> <i>", "</b>\n  <i>", "</b><span> </span><i>", " </b><i>", "</b><i> ", "</b><b> </b><i>", "&nbsp;</b><i>"],
)
def test_white_space_between_two_elements_parts_their_words(read: Read, paragraphs: str, between: str) -> None:
    headline = f"<h1><b>Lamps to be{between}counted</i></h1>"
    sentence = (
        f"<p>The lamplighter had been <b>seen{between}twice</i> on the same stairs, with a ladder and a book.</p>"
    )
    article = read(headline + paragraphs + sentence + paragraphs).article
    assert article.title == "Lamps to be counted"
    assert "been seen twice on the same stairs" in (article.text or "")


def test_elements_without_white_space_between_them_are_one_word(read: Read, paragraphs: str) -> None:
    assert read(f"<h1><b>L</b><i>amps</i> to be counted</h1>{paragraphs}").article.title == "Lamps to be counted"
