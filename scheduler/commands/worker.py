"""`broadsheet worker`: a process that does jobs, beside the service or on another machine."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import click

from broadsheet.scheduler.jobs.database import open_service_database
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.options import allow_private_option, archive_option, config_option, log_option
from broadsheet.scheduler.sources import reading
from broadsheet.scheduler.sources.whereabouts import required
from broadsheet.scheduler.stopping import Stop
from broadsheet.scheduler.workers.commands import Setting
from broadsheet.scheduler.workers.workers import Workers

_log = logging.getLogger(__name__)


@click.command("worker")
@config_option("The sources file.")
@click.option("--at-once", type=click.IntRange(min=1), help="How many crawls run at once [default: as the file says].")
@log_option
@allow_private_option
@archive_option
def command(sources_file: Path | None, at_once: int | None, archive: str, *, allow_private: bool) -> None:
    """Take jobs of the service from its database, and do them; plan none and answer nobody.

    On another machine than the service it needs the same PostgreSQL ($BROADSHEET_FRONTIER), archive and sources file.
    """
    path = required(sources_file)
    document = reading.load(path)
    setting = Setting(archive=archive, sources_file=path, allow_private=allow_private)
    with Stop() as stop:
        # Never closed: that would wait for threads, and they for a database that hangs. The process leaves without.
        asyncio.Runner().run(_work(setting, at_once or document.service.at_once, stop))
    _log.info("stopped")


async def _work(setting: Setting, at_once: int, stop: Stop) -> None:
    with open_service_database(setting.archive) as database:
        workers = Workers(Jobs(database), setting, at_once=at_once)
        working = asyncio.ensure_future(workers.run())
        _log.info("waiting for jobs of %s", setting.archive)
        await stop.wait()
        await workers.stop()
        await working
