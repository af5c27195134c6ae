"""The service: it crawls what is due, answers, is told to end, is killed, and goes on."""

from __future__ import annotations

import contextlib
import itertools
import json
import signal
from collections import Counter
from pathlib import Path
from typing import Any

from end_to_end.command import Broadsheet, finish
from end_to_end.pages import answer, article, front_page
from end_to_end.serving import RunningService, serving
from servers.raw_server import RawServer, Script
from servers.webhook_receiver import WebhookReceiver

from broadsheet.scheduler.jobs.database import open_service_database
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.storage.archive import Archive

_PAGES = 30


def _site(pages: int = _PAGES, seconds: float = 0.0) -> dict[str, Script]:
    stories = [f"/story-{number}" for number in range(pages)]
    return {
        "/": answer(front_page(stories)),
        **{story: answer(article(story.strip("/").title()), seconds=seconds) for story in stories},
    }


def _sources(tmp_path: Path, *sites: RawServer, keys: str = 'schedule = "every 1 day"') -> Path:
    path = tmp_path / "sources.toml"
    tables = [
        f'[sources.paper{number}]\nhome = "http://127.0.0.1:{site.port}/"\n{keys}\n'
        for number, site in enumerate(sites)
    ]
    path.write_text("\n".join(tables))
    return path


def _jobs(broadsheet: Broadsheet) -> list[tuple[str | None, str, int]]:
    with open_service_database(broadsheet.archive) as database:
        return [(job.source, job.state, job.attempts) for job in Jobs(database).newest()]


def _summary(broadsheet: Broadsheet) -> dict[str, Any]:
    with open_service_database(broadsheet.archive) as database:
        (job,) = Jobs(database).newest(states=["finished"])
        assert job.result is not None
        return job.result


def _until_finished(service: RunningService, broadsheet: Broadsheet, jobs: int = 1) -> None:
    service.until(lambda: sum(state == "finished" for _, state, _ in _jobs(broadsheet)) >= jobs)


def test_what_is_due_is_crawled_and_the_service_ends_with_0_when_it_is_told_to(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    with (
        RawServer(_site()) as site,
        serving(broadsheet, _sources(tmp_path, site), tmp_path / "log") as service,
    ):
        _until_finished(service, broadsheet)
        health = service.get("/readyz")
        asked = len(site.log)
        measured = [
            service.metric("broadsheet_fetch_seconds_count", source="paper0"),
            service.metric("broadsheet_fetches_total", source="paper0"),
            service.metric("broadsheet_crawls_total", source="paper0", outcome="finished"),
        ]
        received = service.metric("broadsheet_bytes_total", source="paper0", kind="received")
        status = service.end()

    assert status == 0, service.said
    assert "stopped" in service.said
    assert health == {"ready": True, "checks": {"store": "ok", "tokens": "ok", "database": "ok", "clock": "ok"}}
    summary = _summary(broadsheet)
    assert summary["outcomes"]["new"] == _PAGES
    assert measured == [asked, asked, 1]
    assert received == summary["measures"]["bytes"]["received"]
    assert _jobs(broadsheet) == [("paper0", "finished", 1)]
    assert len(list(Archive.open(broadsheet.archive).snapshots())) == _PAGES


def test_what_is_watched_is_told_to_a_webhook_when_it_changes(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    (tmp_path / "secret").write_text("0123456789abcdef")
    receiver = WebhookReceiver()
    with contextlib.closing(receiver), RawServer(_site(1)) as site:
        sources = _sources(tmp_path, site)
        tables = f"[[service.webhooks]]\nurl = '{receiver.url}'\nsecret_file = 'secret'\n[[watch]]\nsource = 'paper0'\n"
        sources.write_text(sources.read_text() + tables)
        with serving(broadsheet, sources, tmp_path / "log") as service:
            service.until(lambda: bool(receiver.received))
            assert service.end() == 0, service.said
    (told,) = [json.loads(body) for _, _, body in receiver.received]
    assert (told["about"], told["event"], told["source"]) == ("change", "new", "paper0")
    assert told["url"].endswith("/story-0")


def test_a_crawl_that_is_cut_off_by_the_end_of_the_service_goes_on_at_its_next_start(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    with RawServer(_site(seconds=0.2)) as site:
        sources = _sources(tmp_path, site)
        with serving(broadsheet, sources, tmp_path / "log") as service:
            service.until(lambda: len(site.log) > _PAGES // 3)
            for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT):
                service.process.send_signal(number)
            assert service.end() == 0, service.said
            assert service.said.rstrip().endswith("stopped")
            assert "Traceback" not in service.said
        interrupted = _jobs(broadsheet)
        with serving(broadsheet, sources, tmp_path / "log") as service:
            _until_finished(service, broadsheet)
            assert service.end() == 0
        asked = Counter(exchange.path for exchange in site.log)

    with open_service_database(broadsheet.archive) as database:
        sums = {count.name: count.value for count in Jobs(database).counts.read()}
    assert _PAGES < sums["fetch_seconds.count"] <= asked.total(), "of both processes, but for what was cut off"
    assert interrupted == [("paper0", "waiting", 0)]
    assert _jobs(broadsheet) == [("paper0", "finished", 1)]
    assert _summary(broadsheet)["outcomes"]["new"] == _PAGES
    stories = {path: count for path, count in asked.items() if path.startswith("/story")}
    assert len(stories) == _PAGES
    assert sum(stories.values()) <= _PAGES + 8, "but for those in flight each was fetched once"
    assert broadsheet("verify", "--deep").status == 0


def test_a_killed_service_leaves_no_process_behind_and_the_next_one_does_the_rest(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    with RawServer(_site(seconds=0.2)) as site:
        sources = _sources(tmp_path, site)
        with serving(broadsheet, sources, tmp_path / "log") as service:
            service.until(lambda: len(site.log) > _PAGES // 3)
            service.kill()
        with serving(broadsheet, sources, tmp_path / "log") as service:
            service.says("was lost with the process that did it: waiting")
            _until_finished(service, broadsheet)
            assert service.end() == 0
        asked = Counter(exchange.path for exchange in site.log)

    assert _jobs(broadsheet) == [("paper0", "finished", 2)]
    stories = {path: count for path, count in asked.items() if path.startswith("/story")}
    assert len(stories) == _PAGES
    assert sum(stories.values()) <= _PAGES + 8
    versions = [snapshot.url for snapshot in Archive.open(broadsheet.archive).snapshots()]
    assert sorted(versions) == sorted(set(versions))
    assert len(versions) == _PAGES
    assert broadsheet("verify", "--deep").status == 0


def test_a_second_service_says_so_and_takes_over_when_the_first_is_gone(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    with RawServer(_site(seconds=0.3)) as site:
        sources = _sources(tmp_path, site)
        with (
            serving(broadsheet, sources, tmp_path / "first") as first,
            serving(broadsheet, sources, tmp_path / "second") as second,
        ):
            second.says("another service runs on this archive")
            first.until(lambda: len(site.log) > 3)
            assert second.get("/healthz") == {"alive": True}
            assert "begins" not in second.said
            first.kill()
            second.says("this one takes over")
            _until_finished(second, broadsheet)
            assert second.end() == 0


def test_a_change_of_the_sources_file_counts_and_one_that_is_not_valid_does_not(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    with RawServer(_site(3)) as one, RawServer(_site(4)) as two, RawServer(_site(5)) as three:
        sources = _sources(tmp_path, one)
        with serving(broadsheet, sources, tmp_path / "log") as service:
            _until_finished(service, broadsheet)
            _sources(tmp_path, one, two)
            _until_finished(service, broadsheet, jobs=2)
            valid = sources.read_text()
            sources.write_text(valid.replace("home", "hom"))
            service.says("the sources stay as they were")
            listed = service.get("/api/sources")["sources"]
            with open_service_database(broadsheet.archive) as database:
                Jobs(database).ask("crawl", source="paper0", asked_by="ann")
            _until_finished(service, broadsheet, jobs=3)
            in_the_way = Path(broadsheet.archive) / ".local" / "service-sources.new"
            in_the_way.mkdir()
            _sources(tmp_path, one, two, three)
            service.says("the sources cannot be kept for the jobs")
            in_the_way.rmdir()
            _until_finished(service, broadsheet, jobs=4)
            assert service.end() == 0

    assert [source["name"] for source in listed] == ["paper0", "paper1"]
    assert all(
        source["schedule"] == "every 1 day" and source["next_run"] and source["alarms"] == [] for source in listed
    )
    assert {source for source, *_ in _jobs(broadsheet)} == {"paper0", "paper1", "paper2"}


def test_while_the_store_is_away_the_service_starts_and_says_so(tmp_path: Path) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "us-east-1"}
    away = {**keys, "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1", "BROADSHEET_STATE": str(tmp_path)}
    broadsheet = Broadsheet("s3://bucket/archive", environment=away)
    with serving(broadsheet, _sources(tmp_path), tmp_path / "log") as service:
        alive = service.get("/healthz")
        ready = service.get("/readyz")
        assert service.end() == 0, service.said
    assert alive == {"alive": True}
    assert not ready["ready"]
    assert ready["checks"].pop("store") != "ok"
    assert ready["checks"] == {"tokens": "ok", "database": "ok", "clock": "ok"}


def test_two_sources_are_crawled_at_once_and_a_third_waits(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    with RawServer(_site(6, 0.3)) as one, RawServer(_site(6, 0.3)) as two, RawServer(_site(6, 0.3)) as three:
        sources = _sources(tmp_path, one, two, three)
        with serving(broadsheet, sources, tmp_path / "log") as service:
            _until_finished(service, broadsheet, jobs=3)
            assert service.end() == 0

    running = list(
        itertools.accumulate(
            (1 if " begins: " in line else -1)
            for line in service.said.splitlines()
            if " begins: " in line or " ends: " in line
        )
    )
    assert max(running) == 2


def test_a_worker_does_what_was_asked_for_and_a_crawl_by_hand_runs_beside_it(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    with RawServer(_site(4)) as site:
        sources = _sources(tmp_path, site)
        with open_service_database(broadsheet.archive) as database:
            jobs = Jobs(database)
            jobs.ask("crawl", source="paper0", asked_by="ann")
            url = f"http://127.0.0.1:{site.port}/story-1"
            recrawl = jobs.ask("recrawl", source="paper0", url=url, asked_by="ann")
            arguments = ("worker", "--config", str(sources), "--allow-private")
            with broadsheet.started(*arguments) as process:
                while not all(job.has_ended for job in jobs.newest()):
                    assert process.poll() is None
                by_hand = broadsheet.recrawl(url)
                process.terminate()
                ended = finish(process)
            done = jobs.get(recrawl.id)

    assert ended.status == 0, ended.stderr
    assert by_hand["outcome"] == "unchanged"
    assert done is not None
    assert done.state == "finished"
    assert done.result is not None
    assert done.result["outcome"] in ("new", "unchanged")
    assert sorted(job[1] for job in _jobs(broadsheet)) == ["finished", "finished"]
