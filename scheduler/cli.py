"""The command `broadsheet`: its options, its exit codes, and where each command lives."""

from __future__ import annotations

import gc
import importlib
import io
import os
import signal
import sys
from pathlib import Path
from types import FrameType

import click

from broadsheet.crawler.errors import CrawlError
from broadsheet.scheduler.exits import DAMAGED, FAILED, INTERRUPTED, NOBODY_READS, USAGE, exit_code, explain, leave
from broadsheet.scheduler.output import NobodyReadsError
from broadsheet.scheduler.sources.errors import ConfigError
from broadsheet.storage.errors import ArchiveError

_COMMANDS = (
    "crawl",
    "recrawl",
    "versions",
    "show",
    "diff",
    "changes",
    "extract",
    "import",
    "export",
    "reextract",
    "verify",
    "recover",
    "forget",
    "retain",
    "sources",
    "token",
    "run",
    "worker",
    "demo",
)

# Python keeps the name for itself.
_MODULES = {"import": "import_warc"}


class _Commands(click.Group):
    """Loads a command's module only when it is called, so that ``show`` does not wait for Scrapy."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        name = _MODULES.get(cmd_name, cmd_name)
        module = importlib.import_module(f"broadsheet.scheduler.commands.{name}")
        command: click.Command = module.command
        return command


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"Exit codes: 0 done; {FAILED} failed for the thing asked; {USAGE} usage or configuration; "
    f"{DAMAGED} the archive is damaged; {INTERRUPTED} interrupted; {NOBODY_READS} whoever read "
    "the output has gone (SIGPIPE).",
)
@click.version_option(package_name="broadsheet")
@click.option(
    "--archive",
    metavar="URI",
    help="A folder or s3://bucket/prefix [default: $BROADSHEET_ARCHIVE or ./archive]",
)
@click.option("--json", "as_json", is_flag=True, help="Print machine output, and nothing else, to stdout.")
@click.pass_context
def program(context: click.Context, archive: str | None, as_json: bool) -> None:  # noqa: FBT001 - click passes it
    """Keep what news sites showed: crawl them into a versioned archive, and read it back."""
    context.obj = {"archive": archive, "as_json": as_json}


def main() -> None:
    """Run the command line and leave with the contract's codes."""
    # What is loaded stays; looking through it for garbage every 700 objects takes a thirtieth of a start.
    gc.set_threshold(20_000, 20, 20)
    signal.signal(signal.SIGTERM, _interrupt)  # a service manager's Ctrl-C
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    _open_standard_streams()
    try:
        status = program.main(standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        leave(INTERRUPTED)
    except NobodyReadsError:
        leave(NOBODY_READS)
    except click.ClickException as error:
        error.show()
        leave(error.exit_code)
    except (ArchiveError, CrawlError, ConfigError, OSError) as error:
        click.echo(explain(error), err=True)
        leave(exit_code(error))
    leave(status if isinstance(status, int) else 0)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """End what runs, in order; whoever asks again while that lasts, ends it at once.

    A second exception would come up amid what cleans up after the first, and leave a traceback in place of an end.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        if signal.getsignal(number) is _interrupt:
            signal.signal(number, lambda *_: leave(INTERRUPTED, flush=False))
    raise KeyboardInterrupt


def _open_standard_streams() -> None:
    """Give streams that the caller closed an end; else the next file opened would take their place.

    What an encoding has no character for is escaped: headlines have dashes and quotes that ASCII and Latin-1 lack.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - for the process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors="backslashreplace")
