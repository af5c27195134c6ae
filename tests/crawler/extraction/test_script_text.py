"""Pages that hold their article in the state of a script and show nothing before it has run."""

from __future__ import annotations

import json

import pytest
from pages.reading import Read

HEADLINE = "Lamps to be counted in the upper town"
HEAD = (
    f'<title>{HEADLINE}</title><meta property="og:title" content="{HEADLINE}">'
    '<meta property="og:type" content="article">'
)
SHELL = "<div id='root'></div>"
TEASER = "The lamps of another town, of which nothing is told here, are counted by somebody else, and for a fee. " * 9


def state(body: object) -> dict[str, object]:
    article = {"headline": HEADLINE, "author": {"name": "Ann Ferrars"}, "body": body}
    return {"props": {"related": [{"headline": "Elsewhere", "body": TEASER * 9}], "page": [{"article": article}]}}


def streamed(body: str) -> str:
    """The rows of a React stream: the text stands in a row of its own, and the rows are cut anywhere."""
    text = body.encode()
    rows = (
        f'0:["$","x"]\n:HL["/a.css","style"]\n1a:T{len(text):x},{body}2:["$","$L3",null,{json.dumps(state("$1a"))}]\n'
    )
    parts = [rows[at : at + 400] for at in range(0, len(rows), 400)]
    return "".join(f"<script>self.__next_f.push([1,{script_json(part)}])</script>" for part in parts)


def script_json(value: object) -> str:
    return json.dumps(value).replace("</", "<\\/")


@pytest.mark.parametrize(
    "scripts",
    [
        lambda text: f"<script id='__NEXT_DATA__' type='application/json'>{script_json(state(text))}</script>",
        lambda text: f"<script>window.__STATE__ = {script_json(state(text))};start();</script>",
        lambda text: f"<script>cache=cache||[];cache.push({script_json(state(text))})</script>",
        lambda text: f"<script>s = JSON.parse({script_json(script_json(state(text)))});</script>",
        streamed,
    ],
    ids=["data block", "assignment", "call", "parsed string", "react stream"],
)
def test_the_text_is_read_from_the_state_of_a_script(read: Read, paragraphs: str, scripts: object) -> None:
    assert callable(scripts)
    article = read(SHELL + scripts(paragraphs), head=HEAD).article
    assert article.text is not None
    assert [line[:11] for line in article.text.split("\n")] == [
        "The council",
        "Nobody had ",
        "The lamplig",
        "In the lowe",
    ]
    assert article.provenance["text"].source == "meta"


def test_a_text_in_pieces_is_put_together(read: Read, paragraphs: str) -> None:
    pieces = [{"type": "p", "text": piece} for piece in paragraphs.replace("</p>", "").split("<p>")[1:]]
    article = read(f"{SHELL}<script>window.s={script_json(state(pieces))}</script>", head=HEAD).article
    assert (article.text or "").count("\n") == 3
    assert "another town" not in (article.text or "")


def test_a_page_that_shows_its_text_is_not_asked_for_its_state(read: Read, paragraphs: str) -> None:
    body = f"<h1>{HEADLINE}</h1>{paragraphs}<script>window.s={script_json(state(TEASER * 20))}</script>"
    assert "another town" not in (read(body, head=HEAD).article.text or "")


@pytest.mark.parametrize(
    "junk", ["{", '{"a": ' * 300, "[1,", 'x = {"a": "' + "b" * 600, "a:Tffffff,short", "1:Tffffffffffffffffffff,short"]
)
def test_states_that_are_none_are_left_out(read: Read, junk: str) -> None:
    padding = " " * 600
    body = f"{SHELL}<script>{junk}{padding}</script><script>self.__next_f.push([1,{script_json(junk)}])</script>"
    assert read(body, head=HEAD).article.text is None
