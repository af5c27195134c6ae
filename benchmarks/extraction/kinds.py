"""`python -m benchmarks.extraction.kinds`: is it an article? Real article pages, and pages of our own that are none."""

import argparse
import logging
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.extraction.asides.pages import asides
from benchmarks.extraction.dataset import DataSet

from broadsheet.crawler.extraction.extract import Extraction, extract

_SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "extraction"
# Of the judged pages, those that hold no article, looked at one by one: home pages, one about the site, a forum, a
# repository, shells that scripts fill.
NO_ARTICLES = frozenset(
    {
        "https://en.blog.wordpress.com/",
        "https://www.austria.info/",
        "https://advertising.jodel.com/",
        "https://sass-ag.de",
        "http://www.colours-of-the-soul.alhelm.net",
        "https://www.fairkom.eu/about",
        "http://feedproxy.google.com/~r/NoticiaAlDia/~3/_k8dJ5xnwYw/",
        "https://www.dlg.org/de/landwirtschaft/presse/aktuell#!/news/dlg-hat-wilhelm-rimpau-preis-ausgeschrieben",
        "https://www.camping.info/magazin/de/campingurlaub-an-der-italienischen-kuste-von-ligurien-camping-lino",
        "https://github.com/steventroughtonsmith/marzipanify",
        "https://hypixel.net/threads/what-whered-it-go.2675645/",
        "https://www.israelhayom.co.il/article/791661",
        "https://www.wevolver.com/article/2020.autonomous.vehicle.technology.report",
    }
)


def main() -> None:
    """Classifies every page and prints a table, and the pages that are taken for the wrong kind."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.extraction.kinds", description=__doc__)
    parser.add_argument("--data", type=Path, default=_SHARED, metavar="DIR", help="judged pages [../shared/extraction]")
    parser.add_argument("--errors", action="store_true", help="name the pages that are taken for the wrong kind")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    counted, wrong = count(_articles(arguments.data)), []
    for table in (counted, count(_asides())):
        for group, (kinds, errors) in table.items():
            print(as_row(group, kinds, len(errors)))
            wrong += [f"{group}: {error}" for error in errors]
    if arguments.errors:
        print("\n".join(wrong))


Classified = tuple[str, str, Extraction]
"""The group of a page, its name, and what was read."""


def count(pages: Iterable[Classified]) -> dict[str, tuple[Counter[str], list[str]]]:
    """Return how many pages of each group were taken for each kind, and which wrongly, with the reason."""
    found: dict[str, tuple[Counter[str], list[str]]] = {}
    for group, name, extraction in pages:
        kinds, errors = found.setdefault(group, (Counter(), []))
        kinds[extraction.kind] += 1
        if extraction.is_article != (group == "article"):
            errors.append(f"{name}: {extraction.reason}")
    return found


def as_row(group: str, kinds: Counter[str], errors: int) -> str:
    """Return a line of the table."""
    total = kinds.total()
    shares = "  ".join(f"{kind} {kinds[kind]:>4}" for kind in ("article", "index", "other"))
    return f"{group:<22} {total:>5} pages   {shares}   right {100 * (total - errors) / total:.1f} %"


def _articles(folder: Path) -> Iterable[Classified]:
    try:
        data = DataSet(folder)
    except FileNotFoundError as error:
        print(f"{error}: only pages of our own are classified", file=sys.stderr)
        return
    for page in data.pages():
        group = "no article after all" if page.url in NO_ARTICLES else "article"
        yield group, page.url, _read(data.html(page), page.url)


def _asides() -> Iterable[Classified]:
    for page in asides():
        yield page.group, page.name, _read(page.html.encode(), page.url)


def _read(html: bytes, url: str) -> Extraction:
    return extract(html, url=url, content_type="text/html", captured_at=datetime.now(UTC))


if __name__ == "__main__":
    main()
