from __future__ import annotations

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from servers.web_server import Web, served

from broadsheet.crawler.frontier.database import Database
from broadsheet.crawler.measures import Meter
from broadsheet.scheduler.alarms.notices import Kind as Alarm
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.jobs.model import Kind, State
from broadsheet.scheduler.jobs.schema import SERVICE
from broadsheet.scheduler.sources.document import Source
from broadsheet.scheduler.tokens import Tokens, make
from broadsheet.scheduler.web.app import make_app
from broadsheet.scheduler.web.parts import OpenedArchive, Parts

ANY: tuple[Kind, ...] = ("crawl", "recrawl")
SUMMARY = {"seconds": 2.5, "fetched": 7, "outcomes": {"new": 3, "failed": 1}, "skipped": {"robots": 2}}
Samples = dict[tuple[str, ...], float]


def samples(web: Web) -> Samples:
    """The metrics, by name and values of their labels."""
    found = web.get("/metrics")
    assert found.status == 200
    assert found.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(found.text)
        for sample in family.samples
    }


def crawl(jobs: Jobs, source: str, state: State = "finished") -> None:
    """Have a source crawled."""
    worker = jobs.register()
    jobs.ask("crawl", source=source, asked_by="somebody")
    job = jobs.take(worker, ANY)
    assert job
    jobs.end(job, worker, state, result=SUMMARY)


def test_metrics_add_up_what_jobs_came_to(tmp_path: Path) -> None:
    with Database(tmp_path, str(tmp_path), SERVICE) as database:
        jobs = Jobs(database)
        sources = {"paper": Source(home="https://news.example/")}
        archive = OpenedArchive(str(tmp_path / "archive"))
        problems: list[str] = []
        parts = Parts(
            archive=archive,
            tokens=Tokens(),
            sources=lambda: sources,
            sources_problems=lambda: problems,
            jobs=jobs,
            spool_bytes=lambda: 4_096,
        )
        crawl(jobs, "paper")
        with served(make_app(parts)) as web:
            first = samples(web)
            assert first["broadsheet_outcomes_total", "new", "paper"] == 3
            assert first["broadsheet_skipped_total", "robots", "paper"] == 2
            assert first["broadsheet_fetched_total", "paper"] == 7
            assert first["broadsheet_crawl_seconds_total", "paper"] == 2.5
            assert first["broadsheet_jobs_ended_total", "crawl", "paper", "finished"] == 1
            assert first["broadsheet_last_success_timestamp_seconds", "paper"] > 1_700_000_000
            assert first["broadsheet_spool_bytes",] == 4_096
            assert first["broadsheet_sources",] == 1
            assert first["broadsheet_sources_file_valid",] == 1
            problems.append("sources.toml: 'home' is missing")
            assert samples(web)["broadsheet_sources_file_valid",] == 0

            # A job is counted once, when it ends, however often it was seen before.
            jobs.ask("crawl", source="paper", asked_by="somebody")
            waiting = samples(web)
            assert waiting["broadsheet_jobs", "crawl", "waiting"] == 1
            assert waiting["broadsheet_outcomes_total", "new", "paper"] == 3
            worker = jobs.register()
            job = jobs.take(worker, ANY)
            assert job
            assert samples(web)["broadsheet_jobs", "crawl", "running"] == 1
            jobs.end(job, worker, "failed", result=SUMMARY)
            ended = samples(web)
            assert ended["broadsheet_jobs", "crawl", "running"] == 0
            assert ended["broadsheet_outcomes_total", "new", "paper"] == 6
            assert ended["broadsheet_jobs_ended_total", "crawl", "paper", "failed"] == 1
            assert samples(web)["broadsheet_outcomes_total", "new", "paper"] == 6


def test_labels_are_names_of_sources_and_words_of_ours(tmp_path: Path) -> None:
    token, line = make("very-secret-name", "admin")
    (tmp_path / "tokens").write_text(line, encoding="utf-8")
    with Database(tmp_path, str(tmp_path), SERVICE) as database:
        jobs = Jobs(database)
        archive = OpenedArchive(str(tmp_path / "archive"))
        parts = Parts(archive=archive, tokens=Tokens(tmp_path / "tokens"), sources=dict, jobs=jobs)
        for number in range(20):
            crawl(jobs, f"withdrawn-{number}")
        with served(make_app(parts)) as web:
            for number in range(20):
                web.ask(f"ODD{number}", f"/nowhere/{number}")
            web.post("/api/recrawl", {"url": "https://news.example/secret"}, {"Authorization": f"Bearer {token}"})
            found = samples(web)
            text = web.get("/metrics").text
    assert found["broadsheet_outcomes_total", "new", "other"] == 60
    assert found["broadsheet_http_problems_total", "not_found"] == 20
    assert len(found) < 100
    for secret in ("withdrawn", "ODD", "nowhere", "very-secret-name", token, "news.example"):
        assert secret not in text


def test_a_process_that_only_reads_has_metrics_too(tmp_path: Path) -> None:
    parts = Parts(archive=OpenedArchive(str(tmp_path)), tokens=Tokens(), sources=dict)
    with served(make_app(parts)) as web:
        web.get("/healthz")
        assert samples(web)["broadsheet_http_requests_total", "GET", "200"] == 1


def test_what_crawls_measure_is_a_histogram_and_sums_by_source(tmp_path: Path) -> None:
    meter = Meter()
    for seconds in (0.04, 0.2, 70.0):
        meter.fetched(seconds, 200)
    meter.stored(1_000)
    meter.read(None, "it took too long")
    sources = {"paper": Source(home="https://news.example/")}
    with Database(tmp_path, str(tmp_path), SERVICE) as database:
        jobs = Jobs(database)
        for source in ("paper", "withdrawn", None):
            jobs.counts.add(source, meter.measures.counters())
        parts = Parts(
            archive=OpenedArchive(str(tmp_path / "archive")), tokens=Tokens(), sources=lambda: sources, jobs=jobs
        )
        with served(make_app(parts)) as web:
            found = samples(web)
            again = samples(web)
    assert found["broadsheet_fetch_seconds_bucket", "0.05", "paper"] == 1
    assert found["broadsheet_fetch_seconds_bucket", "0.25", "paper"] == 2
    assert found["broadsheet_fetch_seconds_bucket", "60.0", "paper"] == 2
    assert found["broadsheet_fetch_seconds_bucket", "+Inf", "paper"] == 3
    assert found["broadsheet_fetch_seconds_count", "other"] == 6
    assert found["broadsheet_fetch_seconds_sum", "paper"] == 70.24
    assert found["broadsheet_fetches_total", "2xx", "paper"] == 3
    assert found["broadsheet_bytes_total", "stored", "paper"] == 1_000
    assert found["broadsheet_pages_read_total", "paper"] == 1
    assert found["broadsheet_extraction_failures_total", "unreadable", "paper"] == 1
    assert found["broadsheet_store_errors_total", "refused", "paper"] == 0
    assert {key: value for key, value in again.items() if key[0].startswith("broadsheet_fetch")} == {
        key: value for key, value in found.items() if key[0].startswith("broadsheet_fetch")
    }


def test_alarms_that_stand_are_told_and_a_database_that_is_away_takes_nothing_else_along(tmp_path: Path) -> None:
    archive = OpenedArchive(str(tmp_path / "archive"))
    alarms: dict[str | None, list[Alarm]] = {"paper": ["silent"], None: ["store"]}
    with Database(tmp_path, str(tmp_path), SERVICE) as database:
        parts = Parts(archive=archive, tokens=Tokens(), sources=dict, jobs=Jobs(database), alarms=lambda: alarms)
        with served(make_app(parts)) as web:
            found = samples(web)
            with database.writing() as connection:
                connection.exec_driver_sql("DROP TABLE service_counts")
            without = samples(web)
    assert found["broadsheet_alarm", "silent", "paper"] == 1
    assert found["broadsheet_alarm", "store", ""] == 1
    assert found["broadsheet_database_up",] == 1
    assert without["broadsheet_database_up",] == 0
    assert without["broadsheet_sources",] == 0
    assert ("broadsheet_alarm", "store", "") not in without


def test_requests_are_timed_by_the_pattern_of_their_path(tmp_path: Path) -> None:
    with Database(tmp_path, str(tmp_path), SERVICE) as database:
        parts = Parts(
            archive=OpenedArchive(str(tmp_path / "archive")), tokens=Tokens(), sources=dict, jobs=Jobs(database)
        )
        with served(make_app(parts)) as web:
            for number in range(3):
                web.get(f"/api/jobs/{number:032x}")
            web.get("/static/style.css")
            web.get("/no/such/page")
            web.ask("ODD", "/api/jobs")
            found = samples(web)
    name = "broadsheet_http_request_seconds_count"
    assert found[name, "GET", "/api/jobs/{id}"] == 3
    assert found[name, "GET", "/static"] == 1
    assert found[name, "GET", "other"] == 1
    assert found[name, "other", "/api/jobs"] == 1
    assert found["broadsheet_http_request_seconds_bucket", "+Inf", "GET", "/api/jobs/{id}"] == 3
    assert found["broadsheet_http_request_seconds_sum", "GET", "/api/jobs/{id}"] > 0
