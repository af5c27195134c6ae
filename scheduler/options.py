"""The options that several commands share. Each may stand before or behind the command's name."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from broadsheet.crawler.errors import CrawlError
from broadsheet.scheduler.exits import exit_code
from broadsheet.scheduler.logs import log_to_stderr
from broadsheet.scheduler.sources.errors import ConfigError
from broadsheet.scheduler.sources.whereabouts import DEFAULT_FILE, sources_path
from broadsheet.storage.errors import ArchiveError

DEFAULT_ARCHIVE = "./archive"


def archive_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--archive URI``; the command gets `archive`, the address that applies."""

    @click.option(
        "--archive",
        metavar="URI",
        help="A folder or s3://bucket/prefix [default: $BROADSHEET_ARCHIVE or ./archive]",
    )
    @click.pass_context
    @functools.wraps(command)
    def with_archive(context: click.Context, /, archive: str | None, **arguments: Any) -> Any:  # noqa: ANN401
        address = archive or context.obj["archive"] or os.environ.get("BROADSHEET_ARCHIVE") or DEFAULT_ARCHIVE
        return command(archive=address, **arguments)

    return with_archive


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--json``; the command gets `as_json`."""

    @click.option("--json", "as_json", is_flag=True, help="Print machine output, and nothing else, to stdout.")
    @click.pass_context
    @functools.wraps(command)
    def with_json(context: click.Context, /, *, as_json: bool, **arguments: Any) -> Any:  # noqa: ANN401
        return command(as_json=as_json or context.obj["as_json"], **arguments)

    return with_json


def config_option(help_text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what adds ``--config FILE``; the command gets `sources_file`, the one that counts, or None.

    Args:
        help_text: What the command takes from the file.
    """

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        @click.option(
            "--config",
            "sources_file",
            metavar="FILE",
            type=click.Path(path_type=Path),
            help=f"{help_text} [default: $BROADSHEET_CONFIG or ./{DEFAULT_FILE}]",
        )
        @functools.wraps(command)
        def with_config(*, sources_file: Path | None, **arguments: Any) -> Any:  # noqa: ANN401
            return command(sources_file=sources_path(sources_file), **arguments)

        return with_config

    return add


def log_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--log-json``, and have what the command logs written; what it fails with then is an event too."""

    @click.option("--log-json", is_flag=True, help="Write the log to stderr as JSON, one object a line.")
    @functools.wraps(command)
    def with_log(*, log_json: bool, **arguments: Any) -> Any:  # noqa: ANN401
        log_to_stderr(as_json=log_json)
        try:
            return command(**arguments)
        except (ArchiveError, CrawlError, ConfigError, OSError) as error:
            if not log_json:
                raise
            logging.getLogger(command.__module__).error("%s", error)  # noqa: TRY400 - what to do stands in its message
            return exit_code(error)

    return with_log


def allow_private_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--allow-private``."""
    return click.option(
        "--allow-private",
        is_flag=True,
        help="For this call, fetch loopback, link-local and private addresses too.",
    )(command)
