from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from benchmarks.extraction.contenders import Contender, Found, contenders
from benchmarks.extraction.dataset import DataSet
from benchmarks.extraction.particulars import date_score, same_authors, same_title
from benchmarks.extraction.report import Result, as_document, as_tables, cpu_ratios
from benchmarks.extraction.scores import box_figures, figures_by_set, page_scores
from benchmarks.extraction.stability import is_stable, pair
from benchmarks.extraction.surroundings import score_boxes
from benchmarks.extraction.trial import run
from benchmarks.extraction.wording import lead_found, overlap, tokens

PARAGRAPHS = [
    f"Paragraph {word} tells how the lamps of the old harbour were counted again by the keepers of the {word} quay."
    for word in ("north", "south", "eastern", "western", "inner", "outer")
]
BODY = "\n".join(PARAGRAPHS)
PAGE = f"""<!doctype html><html lang="en"><head><title>Lamps counted | The Paper</title>
<meta property="article:published_time" content="2026-03-01T08:30:00+01:00">
<meta name="author" content="Ida Bergqvist"></head><body>
<nav><ul><li><a href="/a">Ferries sail again on Monday</a></li><li><a href="/b">Mayor opens the new bridge</a></li>
<li><a href="/c">Bakers strike for a third day</a></li></ul></nav>
<article><h1>Lamps counted</h1>{"".join(f"<p>{p}</p>" for p in PARAGRAPHS)}</article>
<aside><h2>Related articles</h2><ul>
<li><a href="/town/quay-to-close-for-repairs-17">Quay to close for repairs until autumn</a></li>
<li><a href="/town/keepers-ask-for-better-lamps-19">Keepers ask for better lamps at night</a></li>
<li><a href="/town/harbour-office-moves-uphill-21">Harbour office moves uphill in June</a></li></ul></aside>
<span>14 comments</span></body></html>"""
TRUTH: dict[str, Any] = {
    "id": "own/lamps",
    "set": "own",
    "html": "html/lamps.html.gz",
    "url": "https://paper.example/town/lamps-counted-118",
    "title": "Lamps counted",
    "authors": ["Ida Bergqvist"],
    "date": "2026-03-01T07:30:00Z",
    "body": BODY,
}
BOXES = {
    "pages": [
        {
            "id": "own/lamps",
            "related": [
                {
                    "links": [
                        {
                            "href": "https://paper.example/town/quay-to-close-for-repairs-17",
                            "text": "Quay to close for repairs until autumn",
                        }
                    ]
                }
            ],
        }
    ],
    "newsletter_negatives": [{"id": "own/lamps"}],
}


@pytest.fixture
def data(tmp_path: Path) -> DataSet:
    for folder in ("html", "truth/own"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "html/lamps.html.gz").write_bytes(gzip.compress(PAGE.encode()))
    (tmp_path / "truth/own/lamps.json").write_text(json.dumps(TRUTH))
    (tmp_path / "blocks_truth.json").write_text(json.dumps(BOXES))
    return DataSet(tmp_path)


def test_a_folder_without_judged_pages_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds no judged pages"):
        DataSet(tmp_path)


def test_what_is_found_on_a_page_is_scored_beside_the_libraries(data: DataSet) -> None:
    pages = list(data.pages())
    trials = run(data, pages, contenders()[:2], lambda _: None)
    results = []
    for trial in trials:
        rows = {page.id: page_scores(page, trial) for page in pages}
        boxes = box_figures(score_boxes(data.boxes(), trial.found, {page.id: page.body or "" for page in pages}))
        results.append(Result(trial, figures_by_set(pages, rows), boxes))
    own = as_document(results)["Broadsheet"]
    assert own["sets"]["own"] == dict.fromkeys(("text", "title", "day", "instant", "authors"), 1.0) | {"empty": 0.0}
    assert own["boxes"]["related leaked"] == 0.0
    assert own["boxes"]["related recall"] == 1.0
    assert own["boxes"]["newsletter false alarm"] == 0.0
    assert cpu_ratios(results)["trafilatura"] == 1.0
    tables = as_tables(results)
    assert "| Broadsheet | 100.0 |" in tables
    assert "published: instant (1)" in tables


def test_a_library_that_raises_has_found_nothing_on_that_page(data: DataSet) -> None:
    def fail(_: object, url: str) -> None:
        raise RuntimeError(url)

    (trial,) = run(data, list(data.pages()), [Contender("broken", bytes, fail, lambda _: Found())], lambda _: None)
    assert trial.found == {"own/lamps": Found()}
    assert trial.errors == {"own/lamps": "RuntimeError: https://paper.example/town/lamps-counted-118"}


def test_the_pair_of_a_page_differs_beside_the_article_only(data: DataSet) -> None:
    first, second = (html.decode() for html in pair(PAGE, BODY))
    assert "15 comments" in second
    assert "Ferries sail again on Monday" in second
    assert second.count("Harbour ferries to run every ten minutes") == 2
    assert "Harbour office moves uphill" in first
    assert "Harbour office moves uphill" not in second
    assert all(paragraph in second for paragraph in PARAGRAPHS)
    (page,) = data.pages()
    assert is_stable(contenders()[0], data, page) is True


def test_an_extractor_that_takes_the_links_along_is_not_stable(data: DataSet) -> None:
    everything = Contender("everything", bytes, lambda html, _: html, lambda html: Found(text=html.decode()))
    (page,) = data.pages()
    assert is_stable(everything, data, page) is False


@pytest.mark.parametrize(
    ("text", "count"),
    [("three plain words", 3), ("soft\u00adhyphen", 1), ("日本語", 3), ("ข่าว", 4), ("한국어 뉴스", 2), ("", 0)],
)
def test_tokens_are_words_or_characters_where_no_spaces_are_written(text: str, count: int) -> None:
    assert len(tokens(text)) == count


def test_text_is_scored_by_its_runs_of_four_tokens() -> None:
    assert overlap("a b c d e f g", "a b c d e f g") == 1.0
    assert overlap("a b c d e f g", None) == 0.0
    assert overlap("a b c d e", "a b c d x") == 0.5
    assert overlap("a b c d", "a b c d\nw x y z") < overlap("a b c d", "a b c d\nw x y z", optional="w x y z")


def test_a_lead_is_found_in_any_field() -> None:
    lead = "The keepers count their lamps again after the storm of March."
    assert lead_found(lead, None, f"Town\n{lead}")
    assert not lead_found(lead, "The keepers count their lamps", "Something else stands here instead of it")


@pytest.mark.parametrize(
    ("true", "found", "day", "instant"),
    [
        ("2026-03-01T08:30:00+01:00", "2026-03-01T07:30:20Z", True, True),
        ("2026-03-01T08:30:00+01:00", "2026-03-01T08:30:00", True, False),
        ("2026-03-01T08:30:00+01:00", "2026-03-01", True, False),
        ("2026-03-01T00:30:00+01:00", "2026-02-28T23:30:00Z", True, True),
        ("2026-03-01", "2026-03-01T10:00:00Z", True, None),
        ("2026-03-01", "2026-03", False, None),
        ("2026-03-01", None, False, None),
    ],
)
def test_a_date_is_right_by_day_and_by_instant(true: str, found: str | None, day: bool, instant: bool | None) -> None:  # noqa: FBT001 - cases
    assert date_score(true, found) == (day, instant)


def test_titles_are_equal_whatever_quotes_and_dashes_they_use() -> None:
    assert same_title("The “new” bridge – open", 'The "new" bridge - open')
    assert not same_title("The new bridge", "The new bridge | The Paper")
    assert not same_title("The new bridge", None)


def test_authors_are_right_when_none_is_missing_and_none_too_many() -> None:
    assert same_authors(["José Núñez", "Ida Bergqvist"], ["Bergqvist, Ida", "by Jose Nunez"])
    assert same_authors(["Ida Bergqvist and Jonas Ek"], ["Jonas Ek", "Ida Bergqvist"])
    assert not same_authors(["Ida Bergqvist"], ["Ida Bergqvist", "The Paper"])
    assert not same_authors(["Ida Bergqvist"], [])
