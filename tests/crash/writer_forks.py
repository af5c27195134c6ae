"""Publishes what waits in a spool, in a process of its own each time, for drivers that kill it.

::

    python writer_forks.py

Each line of stdin is ``{"uri", "environment"}``; for it a fork of this process, which has loaded what takes a second to
load, does what every start of a crawl does: it opens the archive and finishes what was left. Its process id is printed
on one line, and its exit status on the next.

Pauses between two attempts are short here, and the pages of a batch without a plan are read in the process itself, by
the same function.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn, Self

from archiving.writer import answer
from end_to_end.pages import article

from broadsheet.crawler.extraction.revision import extractor
from broadsheet.crawler.reading.findings import finding_of, is_readable, page_of
from broadsheet.crawler.reading.responses import read_capture
from broadsheet.crawler.recovery import recovery
from broadsheet.storage.captures import Capture
from broadsheet.storage.segments.reading import read_captures
from broadsheet.storage.stores.s3 import attempts as s3_attempts
from broadsheet.storage.stores.s3 import bucket as s3_bucket
from broadsheet.storage.stores.s3 import client as s3_client
from broadsheet.storage.versions import Finding
from broadsheet.storage.workspace import Workspace


class ReadingHere:
    """Reads segments as `SegmentReader` does, without the processes."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        """Nothing is to be ended."""

    async def read(self, segment: Path) -> list[tuple[Capture, Finding | None]]:
        """Return the captures of a segment with what reading their pages comes to."""
        return [(capture, read_here(capture, block)) for capture, block in read_captures(segment)]


def read_here(capture: Capture, block: bytes) -> Finding | None:
    """Return what reading the page of a capture comes to, where it has one."""
    if not is_readable(capture):
        return None
    return finding_of(read_capture(page_of(capture, block)), expected=capture.request.expected)


def main() -> None:
    """Fork for each line."""
    s3_attempts._FIRST_PAUSE = 0.01
    s3_bucket.connect = functools.cache(s3_client.connect)  # type: ignore[attr-defined]  # a tenth of a second each
    recovery.SegmentReader = ReadingHere  # type: ignore[assignment,attr-defined]  # a second each
    # What is loaded for the first page, the forks have then.
    any_page = answer(article("Any title").encode())
    read_here(Capture(url="http://site.example/", captured_at=datetime.now(UTC), record_id="", status=200), any_page)
    warmed: set[str] = set()
    for line in sys.stdin:
        asked = json.loads(line)
        os.environ.update(asked["environment"])
        if asked["environment"]["AWS_ENDPOINT_URL_S3"] not in warmed:
            warmed.add(asked["environment"]["AWS_ENDPOINT_URL_S3"])
            s3_bucket.connect(connections=20)  # type: ignore[attr-defined]  # the forks find it made
        child = os.fork()
        if child == 0:
            _publish(asked["uri"])
        print(child, flush=True)  # noqa: T201 - what the driver reads
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201 - what the driver reads


def _publish(uri: str) -> NoReturn:
    try:
        with Workspace.open(uri) as workspace:
            workspace.catalog.refresh(workspace.store)
            asyncio.run(recovery.recover(workspace, extractor()))
    except BaseException:  # noqa: BLE001 - a fork must not go on as its parent
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
