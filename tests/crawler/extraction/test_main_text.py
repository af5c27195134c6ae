from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree, html
from trafilatura import bare_extraction
from trafilatura.settings import Document

from broadsheet.crawler.extraction.main_text import fast_text

PAGES = sorted(Path(__file__).parents[2].joinpath("pages").glob("*/page.html"))
URL = "https://paper.example/town/lamps-to-be-counted-118"


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.parent.name)
def test_the_text_is_that_of_trafilaturas_fast_mode(file: Path) -> None:
    root = html.document_fromstring(file.read_bytes())
    etree.strip_elements(root, "script", with_tail=False)
    before = html.tostring(root)
    assert fast_text(root, URL) in (trafilaturas_text(root, precise=True), trafilaturas_text(root, precise=False))
    assert html.tostring(root) == before


def test_a_page_with_little_of_its_text_in_one_place_is_left_to_trafilatura() -> None:
    entries = "".join(f"<td><span>Lamp {number} burns, and was counted on Monday.</span></td>" for number in range(90))
    root = html.document_fromstring(f"<body><p>{'Lamps were counted. ' * 14}</p><table><tr>{entries}</table></body>")
    assert fast_text(root, URL) == trafilaturas_text(root, precise=False) != ""


@pytest.mark.parametrize("name", ["mvp-post-add-wrap", "infinitescroll", "comment-list"])
@pytest.mark.parametrize("attribute", ["class", "id"])
def test_an_element_that_trafilatura_takes_out_by_its_name_is_taken_out(name: str, attribute: str) -> None:
    text = "".join(f"<p>Lamp {number} of the town burns, and was counted on a Monday.</p>" for number in range(12))
    further = "<p>Bridges were painted green by another town, which nobody had asked it to do.</p>"
    root = html.document_fromstring(f"<body><div>{text}<div {attribute}='{name}'>{further * 2}</div></div></body>")
    assert fast_text(root, URL) == trafilaturas_text(root, precise=True) != ""
    assert "Bridges" not in fast_text(root, URL)


def trafilaturas_text(root: html.HtmlElement, *, precise: bool) -> str:
    document = bare_extraction(root, url=URL, fast=True, favor_precision=precise, include_comments=False)
    return document.text or "" if isinstance(document, Document) else ""
