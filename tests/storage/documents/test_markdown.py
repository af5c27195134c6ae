from __future__ import annotations

from broadsheet.storage.documents.markdown import article_markdown
from broadsheet.storage.model import Article, TextLine


def test_headings_lists_and_quotations_are_written_as_such() -> None:
    article = Article(
        text="The lamps\nThey were counted.\n- eleven\n- in the lower town\n- twelve\n"
        "Nobody knows.\nNobody asks.\nSo be it.",
        structure=[
            TextLine(line=0, kind="heading", level=2),
            TextLine(line=2, kind="list_item"),
            TextLine(line=3, kind="list_item", level=2, ordered=True),
            TextLine(line=4, kind="list_item"),
            TextLine(line=5, kind="quote"),
            TextLine(line=6, kind="quote"),
        ],
    )
    assert article_markdown(article) == (
        "## The lamps\n\nThey were counted.\n\n- eleven\n    1. in the lower town\n- twelve\n\n"
        "> Nobody knows.\n>\n> Nobody asks.\n\nSo be it."
    )


def test_what_would_be_markup_is_escaped() -> None:
    article = Article(text="# 1 of *two* [x] <b>\n1. a number\n+ plus\n- a dash that is no list")
    assert article_markdown(article) == (
        "\\# 1 of \\*two\\* \\[x\\] \\<b\\>\n\n1\\. a number\n\n\\+ plus\n\n\\- a dash that is no list"
    )


def test_an_article_without_text_is_empty() -> None:
    assert article_markdown(Article()) == ""
