"""Metrics for Prometheus, in a registry of their own: what the jobs came to, and how the web application answers.

Their labels are the names of configured sources and words of ours, so that there are never many; no address, no name of
a token and nothing that was archived is one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version

import prometheus_client
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from broadsheet.scheduler.sources.document import Source
from broadsheet.scheduler.web.parts import Parts
from broadsheet.scheduler.web.totals import Totals

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_OTHER = "other"
_METHODS = frozenset({"GET", "HEAD", "POST"})


class Metrics:
    """The metrics of one web application.

    Args:
        parts: What they are computed from.
    """

    def __init__(self, parts: Parts) -> None:
        self._registry = CollectorRegistry()
        self._requests = prometheus_client.Counter(
            "broadsheet_http_requests", "Requests answered.", ["method", "status"], registry=self._registry
        )
        self._problems = prometheus_client.Counter(
            "broadsheet_http_problems",
            "Requests that ended in a problem, by its word: archive_unavailable and archive_damaged tell of the store.",
            ["error"],
            registry=self._registry,
        )
        self._registry.register(_Service(parts))
        ProcessCollector(registry=self._registry)

    def answered(self, method: str, status: int) -> None:
        """Count an answer."""
        self._requests.labels(method if method in _METHODS else _OTHER, str(status)).inc()

    def problem(self, word: str) -> None:
        """Count a problem."""
        self._problems.labels(word).inc()

    def exposition(self) -> bytes:
        """Return all of them in the text format; waits for the database."""
        return generate_latest(self._registry)


class _Service(Collector):
    def __init__(self, parts: Parts) -> None:
        self._sources = parts.sources
        self._spool_bytes = parts.spool_bytes
        self._totals = Totals(parts.jobs) if parts.jobs is not None else None

    def collect(self) -> Iterator[Metric]:
        """Yield what is computed when it is asked for."""
        yield InfoMetricFamily("broadsheet_build", "What runs.", {"version": version("broadsheet")})
        sources = self._sources()
        yield GaugeMetricFamily("broadsheet_sources", "Configured sources.", len(sources))
        if self._spool_bytes is not None:
            yield GaugeMetricFamily("broadsheet_spool_bytes", "What waits to be published.", self._spool_bytes())
        if self._totals is not None:
            self._totals.refresh()
            yield from _of_jobs(self._totals, _named(sources))

    def describe(self) -> Iterator[Metric]:
        """Yield nothing: to register must not wait for the database."""
        return iter(())


def _named(sources: Mapping[str, Source]) -> Callable[[str | None], str]:
    return lambda source: source if source is not None and source in sources else _OTHER


def _of_jobs(totals: Totals, named: Callable[[str | None], str]) -> Iterator[Metric]:
    states = Counter((job.kind, job.state) for job in totals.under_way.values())
    under_way = GaugeMetricFamily("broadsheet_jobs", "Jobs that wait or run.", labels=["kind", "state"])
    for kind in ("crawl", "recrawl"):
        for state in ("waiting", "running"):
            under_way.add_metric([kind, state], states[kind, state])
    yield under_way
    counters: tuple[tuple[str, str, list[str], Mapping[tuple[str | None, ...], float]], ...] = (
        ("jobs_ended", "Jobs that ended.", ["source", "kind", "state"], totals.ended),
        ("outcomes", "What became of URLs.", ["source", "outcome"], totals.outcomes),
        ("skipped", "URLs that were not fetched, by reason.", ["source", "reason"], totals.skipped),
        ("fetched", "URLs that crawls asked for.", ["source"], totals.fetched),
        ("crawl_seconds", "How long finished crawls took.", ["source"], totals.seconds),
    )
    for name, said, labels, counted in counters:
        yield _counter(f"broadsheet_{name}", said, labels, counted, named)
    success = GaugeMetricFamily(
        "broadsheet_last_success_timestamp_seconds", "When a crawl last finished.", labels=["source"]
    )
    for source, at in totals.last_success.items():
        if named(source) != _OTHER:
            success.add_metric([named(source)], at.timestamp())
    yield success


def _counter(
    name: str,
    said: str,
    labels: list[str],
    counted: Mapping[tuple[str | None, ...], float],
    named: Callable[[str | None], str],
) -> Metric:
    """Return sums by labels, the first of which is the source."""
    sums: defaultdict[tuple[str, ...], float] = defaultdict(float)
    for (source, *rest), count in counted.items():
        sums[named(source), *map(str, rest)] += count
    family = CounterMetricFamily(name, said, labels=labels)
    for values, count in sorted(sums.items()):
        family.add_metric(list(values), count)
    return family
