"""`broadsheet sources`: check the sources file, or list what is in it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import msgspec

from broadsheet.scheduler.exits import USAGE
from broadsheet.scheduler.options import config_option, json_option
from broadsheet.scheduler.output import console, errors, print_json
from broadsheet.scheduler.sources import reading
from broadsheet.scheduler.sources.checking import check
from broadsheet.scheduler.sources.document import Source
from broadsheet.scheduler.sources.durations import in_words
from broadsheet.scheduler.sources.whereabouts import required
from broadsheet.scheduler.wording import counted


@click.group("sources")
def command() -> None:
    """Check the sources file, or list the sources in it."""


@command.command("check")
@config_option("The sources file.")
@json_option
def check_command(sources_file: Path | None, *, as_json: bool) -> int:
    """Check the sources file and the files that it names, and tell everything that is wrong with it.

    What is allowed and hardly meant is told as a warning, and is no error.
    """
    path = required(sources_file)
    found = check(path)
    if as_json:
        print_json(found)
    else:
        for warning in found.warnings:
            errors().print(f"warning: {warning}", soft_wrap=True)
        for error in found.errors:
            errors().print(error, soft_wrap=True)
        if not found.errors:
            console().print(f"{path}: {counted(found.sources, 'source')}, no errors", soft_wrap=True)
    return USAGE if found.errors else 0


@command.command("list")
@config_option("The sources file.")
@json_option
def list_command(sources_file: Path | None, *, as_json: bool) -> None:
    """List the sources: name, home page and schedule; with --json, everything that counts for each."""
    sources = reading.load(required(sources_file)).sources
    if as_json:
        print_json({"sources": [{"name": name, **_settings(source)} for name, source in sources.items()]})
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("source", "home", "schedule"):
        table.add_column(title, overflow="fold")
    for name, source in sources.items():
        table.add_row(name, source.home, _when(source))
    console().print(table)


def _when(source: Source) -> str:
    zone = "" if source.timezone == "UTC" else f" {source.timezone}"
    return f"{source.schedule}{zone}" if source.enabled else "not by itself"


def _settings(source: Source) -> dict[str, Any]:
    """Return what counts for a source; of its credentials, only whether there are some."""
    settings: dict[str, Any] = {name: getattr(source, name) for name in source.__struct_fields__}
    settings |= {
        "schedule": str(source.schedule),
        "credentials": source.credentials is not None,
        "recrawl": {
            "front_pages": {"quickest": source.recrawl.front_quickest, "slowest": source.recrawl.front_slowest},
            "articles": {"quickest": source.recrawl.quickest, "slowest": source.recrawl.slowest},
        },
    }
    told: dict[str, Any] = msgspec.to_builtins(settings, builtin_types=(timedelta,))
    return _in_words(told)


def _in_words(settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings with lengths of time as they stand in the file."""
    return {
        name: in_words(value)
        if isinstance(value, timedelta)
        else _in_words(value)
        if isinstance(value, dict)
        else value
        for name, value in settings.items()
    }
