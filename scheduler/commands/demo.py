"""`broadsheet demo`: a small newspaper on loopback, crawled, edited, crawled again; and what the archive then holds."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from broadsheet.scheduler.demo.newspaper import DemoNewspaper
from broadsheet.scheduler.options import archive_option
from broadsheet.scheduler.output import console
from broadsheet.storage import layout
from broadsheet.storage.archive import Archive

_PORT = 8765


@click.command("demo")
@click.option(
    "--port",
    default=_PORT,
    show_default=True,
    help="Where the newspaper is served on 127.0.0.1; 0 for any free port.",
)
@archive_option
def command(archive: str, port: int) -> int:
    """Serve a small newspaper on loopback, crawl it, publish its next editions, crawl again, and show the archive."""
    try:
        demo = DemoNewspaper(today=datetime.now(UTC).date(), port=port)
    except OSError as error:
        raise click.UsageError(f"port {port} cannot be used ({error.strerror}): name another with --port") from error
    with demo as newspaper:
        console().print(f"The Ternhaven Courier appears at {newspaper.url}\n", style="bold")
        for edition in (1, 2, 3):
            newspaper.publish(edition)
            console().rule(f"edition {edition}", align="left")
            _run("crawl", newspaper.url, "--allow-private", archive=archive)
        _show(newspaper.url, archive)
    return 0


def _show(home: str, archive: str) -> None:
    corrected, removed = f"{home}town/tidal-barrier-approved", f"{home}harbour/harbour-master-resigns"
    console().rule("an article that was corrected", align="left")
    _run("versions", corrected, archive=archive)
    _run("diff", corrected, archive=archive)
    console().rule("an article that was taken down and came back", align="left")
    _run("versions", removed, archive=archive)
    console().rule("the WARC files", align="left")
    for entry in Archive.open(archive).store.list(layout.WARC):
        console().print(f"  {entry.size:>9,} bytes  {entry.key}", soft_wrap=True)
    console().print()
    console().rule("to look further", align="left")
    for line in (
        f"show {corrected} --version 1",
        f"show {corrected} --format json",
        f"show {corrected} --format warc | zcat | head -30",
        f"diff {corrected} --json",
        f"versions {home}harbour/night-pilots",
    ):
        console().print(f"  {_name()} --archive {archive} {line}", soft_wrap=True)


def _run(*arguments: str, archive: str) -> None:
    """Run a command as a user would: a crawl wants a process of its own."""
    typed = f"$ {Path(_name()).name} --archive {archive} {' '.join(arguments)}"
    console().print(typed, style="dim", soft_wrap=True)
    result = subprocess.run([_name(), "--archive", archive, *arguments], check=False)
    if result.returncode:
        raise click.ClickException(f"broadsheet {arguments[0]} ended with exit code {result.returncode}")
    console().print()


def _name() -> str:
    beside = Path(sys.executable).with_name("broadsheet")
    return str(beside) if beside.exists() else shutil.which("broadsheet") or "broadsheet"
