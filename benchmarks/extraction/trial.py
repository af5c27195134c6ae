"""Every contender on every page, close together in time, and what it cost."""

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.extraction.contenders import Contender, Found
from benchmarks.extraction.dataset import DataSet, TruePage

_WARM_UP = 3


@dataclass
class Trial:
    """What one contender made of all pages.

    Attributes:
        name: The contender's.
        found: By page, what it found; nothing where it raised.
        cpu_milliseconds: By page, CPU time of this process; pages with the same document are read once.
        errors: By page, what it raised.
    """

    name: str
    found: dict[str, Found] = field(default_factory=dict)
    cpu_milliseconds: dict[str, float] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def run(
    data: DataSet, pages: Sequence[TruePage], contenders: Sequence[Contender], tell: Callable[[int], None]
) -> list[Trial]:
    """Let every contender read every page.

    On each page all contenders have their turn, one after the other, and who begins changes from page to page: a
    machine that slows down slows all of them.

    Args:
        data: Where the pages are.
        pages: Which to read.
        contenders: Who reads.
        tell: Called with the number of pages that are done.
    """
    trials = [Trial(contender.name) for contender in contenders]
    pairs = list(zip(contenders, trials, strict=True))
    for page in pages[:_WARM_UP]:
        html = data.html(page)
        for contender in contenders:
            _timed(contender, html, page.url, Trial(contender.name), page.id)
    for i, same in enumerate(_distinct(pages)):
        html = data.html(same[0])
        turn = i % len(pairs)
        for contender, trial in pairs[turn:] + pairs[:turn]:
            _timed(contender, html, same[0].url, trial, same[0].id)
            for twin in same[1:]:
                trial.found[twin.id] = trial.found[same[0].id]
        tell(i + 1)
    return trials


def _distinct(pages: Iterable[TruePage]) -> Iterator[list[TruePage]]:
    """The pages, those of several sets with the same document and URL together."""
    same: dict[tuple[str, str], list[TruePage]] = {}
    for page in pages:
        same.setdefault((page.html, page.url), []).append(page)
    yield from same.values()


def _timed(contender: Contender, html: bytes, url: str, trial: Trial, page_id: str) -> None:
    prepared = contender.prepare(html)
    gc.collect()
    begun = time.process_time()
    try:
        result = contender.read(prepared, url)
    except Exception as error:  # noqa: BLE001 - a library that raises has found nothing on this page
        result, trial.errors[page_id] = None, f"{type(error).__name__}: {error}"
    trial.cpu_milliseconds[page_id] = (time.process_time() - begun) * 1000
    trial.found[page_id] = contender.found(result) if page_id not in trial.errors else Found()
