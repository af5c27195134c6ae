"""The sums of the service's database as metrics: which name is which metric, and of which kind its labels are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import get_args

from msgspec import Struct
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from broadsheet.crawler.measures import BOUNDS, STORE_ERRORS
from broadsheet.crawler.run_outcome import RUN_OUTCOMES
from broadsheet.scheduler.jobs.counts import LAST_SUCCESS, Count
from broadsheet.storage.model import Outcome

_OTHER = "other"
# Of a source, and what else tells the sums of a metric apart.
_Sums = dict[tuple[str, ...], float]


class _Counted(Struct, frozen=True):
    """A metric: its name, what it says for people, and its labels beside the source."""

    metric: str
    said: str
    labels: tuple[str, ...] = ()
    # The values of the label of which there is a sum of each source from the start: the first thing that is counted
    # is an increase only where there was a 0 before.
    from_start: tuple[str, ...] = ()


# By the first word of the name that the sums of it have in the database; the others are the values of its labels.
_COUNTERS: Mapping[str, _Counted] = {
    "ended": _Counted("jobs_ended", "Jobs that ended.", ("kind", "state")),
    "crawls": _Counted("crawls", "Crawls that ended, by what they came to as a whole.", ("outcome",), RUN_OUTCOMES),
    "outcomes": _Counted("outcomes", "What became of URLs.", ("outcome",), get_args(Outcome)),
    "skipped": _Counted("skipped", "URLs that were not fetched, by reason.", ("reason",)),
    "fetched": _Counted("fetched", "Captures of pages."),
    "crawl_seconds": _Counted("crawl_seconds", "How long crawls took."),
    "answers": _Counted("fetches", "Fetches, robots.txt and repeated ones included, by class of status.", ("answer",)),
    "bytes": _Counted("bytes", "Bytes sent and received above TLS, and stored in the archive.", ("kind",)),
    "pages_read": _Counted("pages_read", "Pages that were read."),
    "articles_read": _Counted("articles_read", "Pages that were read as articles."),
    "extraction_failures": _Counted("extraction_failures", "Pages that could not be read, or not whole.", ("failure",)),
    "store_errors": _Counted("store_errors", "What the store did not take at once.", ("error",), STORE_ERRORS),
}
_FETCH_SECONDS = "fetch_seconds"


def families(counts: Iterable[Count], sources: Collection[str]) -> Iterator[Metric]:
    """Yield the metrics of all sums.

    Args:
        counts: The sums.
        sources: The sources that are configured: those of all others are told together, as ``other``.
    """
    found: defaultdict[str, _Sums] = defaultdict(dict)
    for count in counts:
        name, *values = count.name.split(".")
        source = count.source if count.source in sources else _OTHER
        key = (source or _OTHER, *values)
        found[name][key] = found[name].get(key, 0.0) + count.value
    for name, counted in _COUNTERS.items():
        zeros = {(source, word): 0.0 for source in sources for word in counted.from_start}
        yield _counter(counted, zeros | found[name])
    yield _durations(found[_FETCH_SECONDS])
    success = GaugeMetricFamily(
        "broadsheet_last_success_timestamp_seconds",
        "When a crawl to which pages came has ended last.",
        labels=["source"],
    )
    for (source, *_), at in sorted(found[LAST_SUCCESS].items()):
        if source != _OTHER:
            success.add_metric([source], at)
    yield success


def _durations(sums: _Sums) -> Metric:
    family = HistogramMetricFamily("broadsheet_fetch_seconds", "How long fetches took.", labels=["source"])
    for source in sorted({source for source, *_ in sums}):
        count = sums.get((source, "count"), 0.0)
        within = [(str(bound), sums.get((source, "within", f"{bound:g}".replace(".", "_")), 0.0)) for bound in BOUNDS]
        family.add_metric([source], [*within, ("+Inf", count)], sums.get((source, "sum"), 0.0))
    return family


def _counter(counted: _Counted, sums: _Sums) -> Metric:
    family = CounterMetricFamily(f"broadsheet_{counted.metric}", counted.said, labels=["source", *counted.labels])
    for values, total in sorted(sums.items()):
        if len(values) == 1 + len(counted.labels):
            family.add_metric(list(values), total)
    return family
