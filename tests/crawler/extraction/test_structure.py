from __future__ import annotations

from pages.reading import Read

from broadsheet.storage.documents.markdown import article_markdown
from broadsheet.storage.model import TextLine

HEADLINE = "<h1>Lamps to be counted</h1>"


def test_the_lines_that_are_no_paragraphs_are_named(read: Read, paragraphs: str) -> None:
    body = (
        f"{HEADLINE}<div>{paragraphs}<h2>What is counted</h2>"
        "<ol><li>Lamps that burn in the upper town</li><li>Lamps that do not burn any more</li></ol>"
        "<blockquote><p>A lamp is a lamp when somebody walks under it, said the mayor.</p></blockquote>"
        f"{paragraphs.replace('lamps', 'lanterns')}</div>"
    )
    article = read(body).article
    lines = (article.text or "").split("\n")
    assert [(lines[line.line][:14], line.kind, line.level, line.ordered) for line in article.structure] == [
        ("What is counte", "heading", 2, False),
        ("- Lamps that b", "list_item", 1, True),
        ("- Lamps that d", "list_item", 1, True),
        ("A lamp is a la", "quote", 1, False),
    ]
    assert "\n\n## What is counted\n\n1. Lamps that burn in the upper town\n1. Lamps" in article_markdown(article)


def test_the_lead_is_a_paragraph_even_where_it_is_set_as_a_heading(read: Read, paragraphs: str) -> None:
    lead = "<h2>The upper town wants to know how many lamps it has, and sends a man with a ladder.</h2>"
    later = paragraphs.replace("lamps", "lanterns").replace("lamplighter", "watchman").replace("them", "those")
    article = read(f"{HEADLINE}{lead}<div>{paragraphs}<h3>Later</h3>{later}</div>").article
    assert article.structure == [TextLine(line=5, kind="heading", level=3)]
