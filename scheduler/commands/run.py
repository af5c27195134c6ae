"""`broadsheet run`: the service."""

from __future__ import annotations

import asyncio
import logging
import socket
from pathlib import Path

import click

from broadsheet.scheduler.options import allow_private_option, archive_option, config_option, log_option
from broadsheet.scheduler.sources.errors import ConfigError
from broadsheet.scheduler.sources.watching import WatchedSources
from broadsheet.scheduler.sources.whereabouts import required
from broadsheet.scheduler.stopping import Stop
from broadsheet.scheduler.wording import counted

_log = logging.getLogger(__name__)


@click.command("run")
@config_option("The sources file.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Answer at this address.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 for any that is free.")
@log_option
@allow_private_option
@archive_option
def command(sources_file: Path | None, host: str, port: int, archive: str, *, allow_private: bool) -> None:
    """Run the service: crawl the sources as they are due, and answer over HTTP.

    SIGHUP, or a change of the sources file, has it loaded again. SIGTERM ends the service within 8 s: what was cut off
    goes on at the next start.
    """
    with Stop() as stop:
        _run(WatchedSources(required(sources_file)), host, port, archive, stop, allow_private=allow_private)
    _log.info("stopped")


def _run(sources: WatchedSources, host: str, port: int, archive: str, stop: Stop, *, allow_private: bool) -> None:
    # What is loaded here takes a second: whoever mistyped something need not wait for it.
    from broadsheet.scheduler.service import Service
    from broadsheet.scheduler.workers.commands import Setting

    setting = Setting(archive=archive, sources_file=sources.path, allow_private=allow_private)
    with _bound(host, port) as listening:
        _log.info("%s of %s into %s", counted(len(sources.document.sources), "source"), sources.path, archive)
        # Never closed: that would wait for threads, and they for a store that hangs. The process leaves without.
        asyncio.Runner().run(Service(setting, sources, listening, stop).run())


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
        # Only of sockets whose protocol is named does asyncio turn Nagle's algorithm off, which costs 40 ms an answer.
        return socket.socket(family, listening.type, socket.IPPROTO_TCP, fileno=listening.detach())
    except OSError as error:
        raise ConfigError(f"nothing can listen at {host}, port {port}: {error.strerror or error}") from error
