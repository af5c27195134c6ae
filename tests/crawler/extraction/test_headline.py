from __future__ import annotations

import pytest
from pages.reading import Read


def test_the_visible_headline_beats_the_one_for_search_engines(read: Read, paragraphs: str) -> None:
    head = '<meta property="og:title" content="Lamps to be counted: what residents need to know now">'
    article = read(f"<h1>Lamps to be counted</h1>{paragraphs}", head=head).article
    assert article.title == "Lamps to be counted"
    assert {c.source for c in article.provenance["title"].candidates} == {"visible", "opengraph"}


def test_a_headline_that_names_the_site_is_no_headline(read: Read, paragraphs: str) -> None:
    head = "<title>Lamps to be counted | The Paper</title><meta property='og:site_name' content='The Paper'>"
    assert read(f"<h1>The Paper</h1>{paragraphs}", head=head).article.title == "Lamps to be counted"


@pytest.mark.parametrize(
    "title", ["Lamps to be counted - The Paper", "The Paper: Lamps", "The Paper | Lamps to be counted"]
)
def test_the_name_of_the_site_is_cut_from_a_title(read: Read, paragraphs: str, title: str) -> None:
    head = f"<title>{title}</title><meta property='og:site_name' content='The Paper'>"
    expected = "The Paper: Lamps" if ":" in title else "Lamps to be counted"
    assert read(paragraphs, head=head).article.title == expected


def test_among_several_first_headings_the_one_that_markup_knows_is_chosen(read: Read, paragraphs: str) -> None:
    head = '<meta property="og:title" content="Lamps to be counted">'
    body = f"<h1>Subscribe to our letters today</h1><h1>Lamps to be counted</h1>{paragraphs}"
    assert read(body, head=head).article.title == "Lamps to be counted"


def test_a_headline_without_a_heading_element_is_found_by_its_words(read: Read, paragraphs: str) -> None:
    head = "<title>Lamps to be counted</title>"
    article = read(f"<div class='x7'>Lamps to be counted</div>{paragraphs}", head=head).article
    assert article.provenance["title"].source == "visible"


def test_a_kicker_inside_the_heading_is_no_part_of_the_headline(read: Read, paragraphs: str) -> None:
    head = '<meta property="og:title" content="Lamps to be counted again">'
    body = f"<h1><span>Upper town</span> Lamps to be counted again</h1>{paragraphs}"
    assert read(body, head=head).article.title == "Lamps to be counted again"


@pytest.mark.parametrize(
    "standfirst",
    [
        "<p class='standfirst'>Nobody knows how many there are.</p>",
        "<h2>Nobody knows how many there are, the council least of all.</h2>",
        "<p><b>Nobody knows how many there are.</b></p>",
    ],
)
def test_the_standfirst_is_the_subtitle(read: Read, paragraphs: str, standfirst: str) -> None:
    subtitle = read(f"<h1>Lamps to be counted</h1>{standfirst}<div>{paragraphs}</div>").article.subtitle
    assert subtitle is not None
    assert subtitle.startswith("Nobody knows how many there are")


def test_a_description_that_only_machines_see_is_no_subtitle(read: Read, paragraphs: str) -> None:
    head = '<meta name="description" content="All about lamps, ladders and those who count them.">'
    assert read(f"<h1>Lamps to be counted</h1>{paragraphs}", head=head).article.subtitle is None


def test_the_name_of_a_section_is_no_headline_where_the_page_calls_another_line_so(read: Read, paragraphs: str) -> None:
    head = '<title>News</title><meta property="og:title" content="The lamps of the upper town are counted">'
    article = read(f"<h1>News</h1><h2>The lamps of the upper town are counted</h2>{paragraphs}", head=head).article
    assert article.title == "The lamps of the upper town are counted"


@pytest.mark.parametrize(
    "title",
    ["Lamps to be counted in both towns :: The Paper", "The Paper - Lamps to be counted in both towns"],
)
def test_a_headline_is_found_by_most_of_a_title_where_nothing_names_the_site(
    read: Read, paragraphs: str, title: str
) -> None:
    body = f"<p>Tuesday, 3 January 2017</p><b>Lamps to be counted in both towns</b><p>10.06.16 - 09:12</p>{paragraphs}"
    article = read(body, head=f"<title>{title}</title>").article
    assert article.title == "Lamps to be counted in both towns"
    assert article.published is not None
    assert article.published.value == "2016-06-10T09:12:00"
