"""The log of the service as JSON: one event a line, each with what it is about."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from end_to_end.command import Broadsheet
from end_to_end.pages import answer, article, front_page
from end_to_end.serving import serving
from servers.raw_server import RawServer

_AWAY = answer("no", status="503 Service Unavailable")


def test_every_line_is_an_event_and_that_of_a_jobs_end_tells_source_job_and_outcome(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    pages = {"/": answer(front_page(["/a"])), "/a": answer(article("A"))}
    with RawServer(pages) as paper, RawServer({"/robots.txt": _AWAY, "/": _AWAY}) as away:
        sources = tmp_path / "sources.toml"
        daily = 'schedule = "every 1 day"\n'
        sources.write_text(
            f'[sources.paper]\nhome = "http://127.0.0.1:{paper.port}/"\n{daily}timezone = "Asia/Tokyo"\n'
            f'[sources.away]\nhome = "http://127.0.0.1:{away.port}/"\n{daily}'
        )
        with serving(broadsheet, sources, tmp_path / "log", "run", "--log-json") as service:
            service.until(lambda: service.said.count('"event":"job_ends"') == 2)
            for _ in range(50):  # As many as come together are one.
                service.process.send_signal(signal.SIGHUP)
            service.says("is as it was: nothing is loaded again")
            failing = service.metric("broadsheet_crawls_total", source="away", outcome="failed")
            assert service.end() == 0

    assert service.said.count("nothing is loaded again") <= 2
    events = [json.loads(line) for line in service.said.splitlines()]
    assert all({"time", "level", "logger", "message"} <= event.keys() for event in events)
    ends = {event["source"]: event for event in events if event.get("event") == "job_ends"}
    assert (ends["paper"]["state"], ends["paper"]["outcome"], ends["paper"]["outcomes"]["new"]) == (
        *("finished", "finished"),
        1,
    )
    assert (ends["away"]["state"], ends["away"]["outcome"]) == ("failed", "failed")
    assert ends["away"]["reason"] == "no page came: robots.txt unreachable (HTTP 503)"
    assert failing == 1
    begun = {event["source"]: event["job"] for event in events if event.get("event") == "job_begins"}
    assert begun == {name: event["job"] for name, event in ends.items()}
    assert all(event["job"] in begun.values() for event in events if "crawl of" in event["message"])
    assert any(event["level"] == "warning" and "'timezone' counts for" in event["message"] for event in events)


def test_what_keeps_the_service_from_starting_is_an_event_too(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text("[sources.paper]\n")
    ended = Broadsheet(str(tmp_path / "archive"))("run", "--config", str(tmp_path / "sources.toml"), "--log-json")
    assert ended.status == 2
    (event,) = [json.loads(line) for line in ended.stderr.splitlines()]
    assert event["level"] == "error"
    assert "home" in event["message"]
