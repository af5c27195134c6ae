"""The examples in deploy/: rules and dashboard ask for metrics that there are, and Prometheus understands them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from servers.web_server import served

from broadsheet.crawler.frontier.database import Database
from broadsheet.crawler.measures import Meter
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.jobs.schema import SERVICE
from broadsheet.scheduler.sources.document import Source
from broadsheet.scheduler.tokens import Tokens
from broadsheet.scheduler.web.app import make_app
from broadsheet.scheduler.web.parts import OpenedArchive, Parts

DEPLOY = Path(__file__).parent.parent / "deploy"
RULES = DEPLOY / "compose" / "alerts.yml"
_METRIC = re.compile(r"\b(?:broadsheet|process)_[a-z_]+")
_PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(_PROMTOOL is None, reason="promtool is not installed: apt-get install prometheus")


def promtool(*arguments: str, given: str | None = None) -> str:
    """Run promtool; return what it says where it is content."""
    assert _PROMTOOL is not None
    ended = subprocess.run(
        [_PROMTOOL, *arguments], input=given, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def expressions() -> list[str]:
    """What the dashboard asks for."""
    dashboard = json.loads((DEPLOY / "grafana" / "broadsheet.json").read_text())
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]


@pytest.fixture(scope="module")
def exposition(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What a service says that has crawled a source, and is crawling it again."""
    directory = tmp_path_factory.mktemp("deployment")
    meter = Meter()
    meter.fetched(0.2, 200)
    result = {"outcome": "finished", "outcomes": {"new": 1}, "skipped": {"robots": 1}, "fetched": 1, "seconds": 1.0}
    sources = {"paper": Source(home="https://news.example/")}
    with Database(directory, str(directory), SERVICE) as database:
        jobs = Jobs(database)
        worker = jobs.register()
        for _ in range(2):
            jobs.ask("crawl", source="paper", asked_by="somebody")
        job = jobs.take(worker, ["crawl"])
        assert job
        jobs.end(job, worker, "finished", result=result)
        jobs.counts.add("paper", meter.measures.counters())
        parts = Parts(
            archive=OpenedArchive(str(directory / "archive")),
            tokens=Tokens(),
            sources=lambda: sources,
            jobs=jobs,
            alarms=lambda: {"paper": ["silent"]},
            spool_bytes=lambda: 1,
        )
        with served(make_app(parts)) as web:
            web.get("/api/jobs/none")
            yield web.get("/metrics").text


def test_every_metric_that_is_asked_for_is_there(exposition: str) -> None:
    there = {sample.name for family in text_string_to_metric_families(exposition) for sample in family.samples}
    asked = {name for text in (RULES.read_text(), *expressions()) for name in _METRIC.findall(text)}
    assert len(asked) > 20
    assert asked <= there


@needs_promtool
def test_prometheus_finds_nothing_to_say_of_the_metrics(exposition: str) -> None:
    # Those with `_created` are made by the library of the clients.
    lines = [line for line in exposition.splitlines() if "_created" not in line]
    said = promtool("check", "metrics", given="\n".join(lines) + "\n")
    assert said == ""


@needs_promtool
def test_prometheus_understands_the_rules_and_what_the_dashboard_asks_for(tmp_path: Path) -> None:
    promtool("check", "rules", str(RULES))
    rules = [
        {"record": f"panel:{number}", "expr": expression.replace("$source", ".*").replace("$__rate_interval", "5m")}
        for number, expression in enumerate(expressions())
    ]
    file = tmp_path / "dashboard.json"  # which is YAML too
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    promtool("check", "rules", str(file))


@needs_promtool
def test_the_rules_raise_what_they_are_for(tmp_path: Path) -> None:
    failed = 'broadsheet_crawls_total{source="away",outcome="failed"}'
    slow = 'broadsheet_fetch_seconds_bucket{source="slow",le="%s"}'
    series = [
        {"series": failed, "values": "0x30 1x30 2x30 3x200"},
        {"series": 'broadsheet_crawls_total{source="paper",outcome="finished"}', "values": "0+1x300"},
        {"series": slow % "10.0", "values": "0+1x300"},
        {"series": slow % "30.0", "values": "0+10x300"},
        {"series": slow % "+Inf", "values": "0+10x300"},
        {"series": 'broadsheet_store_errors_total{source="paper",error="put_off"}', "values": "0x60 1+1x200"},
        {"series": 'broadsheet_alarm{kind="store"}', "values": "1x300"},
        {"series": "broadsheet_database_up", "values": "0x300"},
        {"series": "broadsheet_sources_file_valid", "values": "0x300"},
    ]
    expected = {
        "BroadsheetCrawlsFail": ({"source": "away"}, "Three crawls of away have failed within three hours."),
        "BroadsheetFetchesSlow": ({"source": "slow"}, "A tenth of the fetches of slow take more than ten seconds."),
        "BroadsheetStorePutsOff": ({}, "The archive takes nothing: what is captured waits in the spool."),
        "BroadsheetAlarm": ({"kind": "store"}, "the service: the alarm store stands; /alarms.atom says why."),
        "BroadsheetDatabaseAway": ({}, "The service's database does not answer: nothing is taken up or planned."),
        "BroadsheetSourcesFileRefused": (
            {},
            "The sources file is not valid: the sources are those of when it was; the log says what is wrong.",
        ),
        "BroadsheetCrawlsPartial": (None, ""),
        "BroadsheetStoreRefuses": (None, ""),
    }
    tests = [
        {
            "eval_time": "2h",
            "alertname": name,
            "exp_alerts": [] if labels is None else [{"exp_labels": labels, "exp_annotations": {"summary": summary}}],
        }
        for name, (labels, summary) in expected.items()
    ]
    document = {
        "rule_files": [str(RULES)],
        "evaluation_interval": "1m",
        "tests": [{"interval": "1m", "input_series": series, "alert_rule_test": tests}],
    }
    file = tmp_path / "test.json"
    file.write_text(json.dumps(document))
    promtool("test", "rules", str(file))
