"""What the process of a job says becomes events of the service: with their level, one a line, each about its job."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys

import pytest

from broadsheet.scheduler.workers.saying import pass_on

_SAYS = """
import logging, sys
from broadsheet.scheduler.logs import log_to_stderr
log_to_stderr(as_json=True, level=logging.WARNING)
log = logging.getLogger("a.logger")
log.info("not said")
log.warning("a host refuses")
print("for people: " + "x" * 5000, file=sys.stderr)
print('{"time": "not ours"}', file=sys.stderr)
sys.stderr.buffer.write(b"\\xff\\n")
try:
    raise ValueError("a fault\\nof two lines")
except ValueError:
    log.exception("it failed")
sys.stderr.write("no end of line")
"""


def _said(script: str) -> list[str]:
    async def run() -> list[str]:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stderr=subprocess.PIPE)
        assert process.stderr is not None
        kept = await pass_on(process.stderr, "crawl of paper", {"source": "paper", "job": "7"})
        await process.wait()
        return kept

    return asyncio.run(run())


def test_events_keep_their_level_lines_are_told_as_they_are_and_a_warning_is_no_reason(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    kept = _said(_SAYS)
    told = [record for record in caplog.records if getattr(record, "job", None) == "7"]
    assert [(record.levelname, record.getMessage()[:32]) for record in told] == [
        ("WARNING", "crawl of paper: a host refuses"),
        ("INFO", "crawl of paper: for people: xxxx"),
        ("INFO", 'crawl of paper: {"time": "not ou'),
        ("INFO", "crawl of paper: \ufffd"),
        ("ERROR", "crawl of paper: it failed\nTraceb"),
        ("INFO", "crawl of paper: no end of line"),
    ]
    assert told[0].name == "a.logger"
    assert "of two lines" in told[4].getMessage()
    assert max(len(record.getMessage()) for record in told) < 2_100
    assert [message[:14] for message in kept] == [
        *("for people: xx", '{"time": "not ', "\ufffd", "it failed", "no end of line")
    ]


def test_of_much_that_is_said_the_last_is_kept() -> None:
    kept = _said("import sys\nfor number in range(1000): print(number, file=sys.stderr)")
    assert kept == [str(number) for number in range(980, 1000)]
