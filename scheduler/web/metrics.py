"""Metrics for Prometheus, in a registry of their own: what the jobs came to, and how the web application answers.

Their labels are the names of configured sources and words of ours, so that there are never many; no address, no name of
a token and nothing that was archived is one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from importlib.metadata import version

import prometheus_client
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from broadsheet.crawler.errors import FrontierError
from broadsheet.scheduler.jobs.counts import Counts, UnderWay
from broadsheet.scheduler.web.counted import families
from broadsheet.scheduler.web.parts import Parts

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_OTHER = "other"
_METHODS = frozenset({"GET", "HEAD", "POST"})
# Seconds; who waits for a re-crawl may wait for two minutes.
_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)


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
        self._seconds = prometheus_client.Histogram(
            "broadsheet_http_request_seconds",
            "From a request to the end of its answer.",
            ["method", "path"],
            buckets=_BOUNDS,
            registry=self._registry,
        )
        self._registry.register(_Service(parts))
        ProcessCollector(registry=self._registry)

    def answered(self, method: str, status: int) -> None:
        """Count an answer."""
        self._requests.labels(method if method in _METHODS else _OTHER, str(status)).inc()

    def took(self, method: str, path: str, seconds: float) -> None:
        """Count how long a request took, from when it came to the end of its answer."""
        self._seconds.labels(method if method in _METHODS else _OTHER, path).observe(seconds)

    def problem(self, word: str) -> None:
        """Count a problem."""
        self._problems.labels(word).inc()

    def exposition(self) -> bytes:
        """Return all of them in the text format; waits for the database."""
        return generate_latest(self._registry)


class _Service(Collector):
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        """Yield what is computed when it is asked for."""
        yield InfoMetricFamily("broadsheet_build", "What runs.", {"version": version("broadsheet")})
        sources = self._parts.sources()
        yield GaugeMetricFamily("broadsheet_sources", "Configured sources.", len(sources))
        said = "Whether the sources file is valid; where not (0), the sources are those of when it was last."
        yield GaugeMetricFamily("broadsheet_sources_file_valid", said, not self._parts.sources_problems())
        said = "Whether the file of tokens can be used; where not (0), nobody is let in who needs one."
        yield GaugeMetricFamily("broadsheet_tokens_file_valid", said, self._parts.tokens.is_usable())
        if self._parts.spool_bytes is not None:
            yield GaugeMetricFamily("broadsheet_spool_bytes", "What waits to be published.", self._parts.spool_bytes())
        if self._parts.jobs is not None:
            yield from self._of_database(self._parts.jobs.counts, sources)

    def describe(self) -> Iterator[Metric]:
        """Yield nothing: to register must not wait for the database."""
        return iter(())

    def _of_database(self, counts: Counts, sources: Collection[str]) -> Iterator[Metric]:
        answers = GaugeMetricFamily("broadsheet_database_up", "Whether the service's database answers.", 1)
        try:
            found = [*_of_jobs(counts.under_way()), *families(counts.read(), sources), self._alarms()]
        except FrontierError:
            # Whoever asks is told of everything else, and that nobody knows of this.
            answers = GaugeMetricFamily(answers.name, answers.documentation, 0)
            found = []
        yield answers
        yield from found

    def _alarms(self) -> Metric:
        said = "Alarms that stand; those of the service itself have no source."
        raised = GaugeMetricFamily("broadsheet_alarm", said, labels=["source", "kind"])
        for source, kinds in self._parts.alarms().items():
            for kind in kinds:
                raised.add_metric([source or "", kind], 1)
        return raised


def _of_jobs(under_way: UnderWay) -> Iterator[Metric]:
    found = GaugeMetricFamily("broadsheet_jobs", "Jobs that wait or run.", labels=["kind", "state"])
    since = GaugeMetricFamily(
        "broadsheet_jobs_waiting_since_timestamp_seconds",
        "When the job was asked for that waits longest; none where none waits.",
        labels=["kind"],
    )
    for kind in ("crawl", "recrawl"):
        for state in ("waiting", "running"):
            found.add_metric([kind, state], under_way.jobs.get((kind, state), 0))
        if kind in under_way.waits_since:
            since.add_metric([kind], under_way.waits_since[kind].timestamp())
    yield found
    yield since
