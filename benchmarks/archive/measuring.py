"""What it costs to find things in a generated archive, and against what it is compared."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from benchmarks.archive.counting import CountingStore
from benchmarks.archive.generation import HOSTS, START, GeneratedArchive, article_url, redirecting_url

from broadsheet.storage import cdxj, layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.publishing.catalog import Catalog
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.urls import surt
from broadsheet.storage.verification.verifier import verify

_ROOT = Path(__file__).parents[2]
_ARTICLE = article_url(8)
_REDIRECTING = redirecting_url(99)
_UNKNOWN = f"https://{HOSTS[0]}/never-seen"


@dataclass(frozen=True)
class LookUp:
    """What one question about one URL cost.

    Attributes:
        requests: Requests to the store.
        received_kib: KiB of objects that were read.
        milliseconds: How long it took, from a folder in the page cache.
    """

    requests: int
    received_kib: float
    milliseconds: float


@dataclass(frozen=True)
class Listing:
    """What it cost to go through captures or versions in a process of their own.

    Attributes:
        count: How many there were.
        seconds: How long it took.
        peak_mib: The most memory that the process held.
    """

    count: int
    seconds: float
    peak_mib: float


@dataclass(frozen=True)
class Measured:
    """What was measured on an archive of one size; times are seconds.

    Attributes:
        captures: How many it holds.
        publications: By how many batches.
        look_ups: By question.
        listings: By what was listed.
        verification: `verify` without `deep`; None where it was not asked for.
        first_start: Filling an empty catalog.
        next_start: Refreshing that catalog when nothing is new.
        slowest_compaction: The longest that a publication waited for one.
        compactions: All of them.
    """

    captures: int
    publications: int
    look_ups: dict[str, LookUp]
    listings: dict[str, Listing]
    verification: float | None
    first_start: float
    next_start: float
    slowest_compaction: float
    compactions: float


def measure(generated: GeneratedArchive, *, verified: bool) -> Measured:
    """Measures an archive as it stands."""
    first, after = _catalog_starts(generated.store)
    return Measured(
        captures=generated.captures,
        publications=generated.publications,
        look_ups={name: _look_up(generated.store, question) for name, question in _QUESTIONS.items()},
        listings=_listings(generated.folder),
        verification=_seconds(lambda: _verify(generated.store)) if verified else None,
        first_start=first,
        next_start=after,
        slowest_compaction=max(generated.compaction_seconds),
        compactions=sum(generated.compaction_seconds),
    )


def _every_segment(archive: Archive) -> None:
    """The reference: what a look-up costs that knows no runs."""
    wanted = surt(_ARTICLE).encode() + b" "
    for entry in archive.store.list(layout.INDEX):
        for _ in cdxj.decode(archive.store.get(entry.key), entry.key, wanted):
            pass


_QUESTIONS: dict[str, Callable[[Archive], object]] = {
    "latest": lambda archive: archive.latest(_ARTICLE),
    "at": lambda archive: archive.at(_ARTICLE, START + timedelta(days=1)),
    "versions": lambda archive: list(archive.versions(_ARTICLE)),
    "checks": lambda archive: archive.checks(_ARTICLE),
    "latest behind a redirect": lambda archive: archive.latest(_REDIRECTING),
    "latest of an unknown URL": lambda archive: archive.latest(_UNKNOWN),
    "reference: every segment": _every_segment,
}


def _look_up(store: ObjectStore, question: Callable[[Archive], object]) -> LookUp:
    counting = CountingStore(store)
    seconds = _seconds(lambda: question(Archive(counting)))
    return LookUp(requests=counting.requests, received_kib=counting.received / 1024, milliseconds=seconds * 1000)


def _listings(folder: Path) -> dict[str, Listing]:
    day = [f"--since={START.isoformat()}", f"--until={(START + timedelta(days=1)).isoformat()}"]
    return {
        "captures of one host": _listing(folder, "captures", f"--host={HOSTS[0]}"),
        "versions of one host": _listing(folder, "versions", f"--host={HOSTS[0]}"),
        "captures of one day": _listing(folder, "captures", *day),
        "all captures": _listing(folder, "captures"),
        "reference: one host, every segment": _listing(folder, "segments", f"--host={HOSTS[0]}"),
    }


def _listing(folder: Path, what: str, *options: str) -> Listing:
    command = [sys.executable, "-m", "benchmarks.archive.listing", str(folder), what, *options]
    done = subprocess.run(command, cwd=_ROOT, check=True, stdout=subprocess.PIPE)
    return Listing(**json.loads(done.stdout))


def _verify(store: ObjectStore) -> None:
    verification = verify(store, deep=False)
    assert not verification.defects, verification.defects[:3]


def _catalog_starts(store: ObjectStore) -> tuple[float, float]:
    with _catalog() as catalog:
        return _seconds(lambda: catalog.refresh(store)), _seconds(lambda: catalog.refresh(store))


@contextmanager
def _catalog() -> Iterator[Catalog]:
    with tempfile.TemporaryDirectory(prefix="broadsheet-benchmark-") as folder:
        catalog = Catalog(Path(folder) / "catalog.sqlite")
        try:
            yield catalog
        finally:
            catalog.close()


def _seconds(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began
