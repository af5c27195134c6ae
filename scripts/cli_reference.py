"""Write docs/cli.md from the commands' own ``--help``, or tell whether it is up to date (``--check``)."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import click

from broadsheet.scheduler.cli import program

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cli.md"
WIDTH = 100
HEAD = """# The command line

Written by `scripts/cli_reference.py` from `--help`; a test holds it to that. `--archive` and `--json` may
stand before the command's name or behind it. Logs and progress go to stderr.
"""


def main() -> int:
    """Write the page, or check it; returns the exit code."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--check", action="store_true", help="only tell whether the page is up to date")
    wanted = reference()
    if not arguments.parse_args().check:
        PAGE.write_text(wanted, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != wanted:
        print(f"docs/{PAGE.name} is out of date: run scripts/cli_reference.py", file=sys.stderr)
        return 1
    return 0


def reference() -> str:
    """Return the page: the program's help, then each command's, in the order of the program."""
    context = click.Context(
        program,
        info_name="broadsheet",
        terminal_width=WIDTH,
        help_option_names=program.context_settings["help_option_names"],
    )
    parts = [HEAD, section("broadsheet", program, context)]
    for name in program.list_commands(context):
        command = program.get_command(context, name)
        if command is not None:
            parts += sections(f"broadsheet {name}", command, click.Context(command, info_name=name, parent=context))
    return "\n".join(parts)


def sections(title: str, command: click.Command, context: click.Context) -> list[str]:
    """Return the help of a command, and that of those that it is a group of."""
    parts = [section(title, command, context)]
    for name, part in command.commands.items() if isinstance(command, click.Group) else ():
        parts += sections(f"{title} {name}", part, click.Context(part, info_name=name, parent=context))
    return parts


def section(title: str, command: click.Command, context: click.Context) -> str:
    """Return the help of one command under its name."""
    return f"## {title}\n\n```text\n{command.get_help(context)}\n```\n"


if __name__ == "__main__":
    sys.exit(main())
