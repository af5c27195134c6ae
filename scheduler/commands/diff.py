"""`broadsheet diff URL`: what changed from one version of an article to another."""

from __future__ import annotations

import click
from rich.text import Text

from broadsheet.scheduler.answers import Comparison, compare
from broadsheet.scheduler.options import archive_option, json_option
from broadsheet.scheduler.output import console, print_json, printable, said
from broadsheet.scheduler.presence import asked
from broadsheet.storage.differences import Run

_STYLES = {"equal": "", "delete": "red strike", "insert": "green"}
_MARKS = {"equal": ("", ""), "delete": ("[-", "-]"), "insert": ("{+", "+}")}
_CONTEXT = 120


@click.command("diff")
@click.argument("url")
@click.option("--from", "before", type=int, help="The earlier version [default: the one before --to].")
@click.option("--to", "after", type=int, help="The later version [default: the latest].")
@json_option
@archive_option
def command(url: str, before: int | None, after: int | None, archive: str, *, as_json: bool) -> None:
    """Show what changed between two versions of URL, word by word."""
    with asked(archive) as opened:
        compared = compare(opened, url, before, after)
    if as_json:
        print_json(compared)
    else:
        _print(compared)


def _print(compared: Comparison) -> None:
    changed = ", ".join(said(change) for change in compared.changes) or "no change"
    console.print(f"{compared.url}\nversion {compared.before} -> {compared.after}: {changed}", soft_wrap=True)
    for name, field in compared.fields.items():
        console.print(f"\n{name}", style="bold")
        console.print(Text.assemble(*(_styled(run) for run in field.runs)), soft_wrap=True)


def _styled(run: Run) -> tuple[str, str]:
    text = printable(run.text)
    if run.operation == "equal" and len(text) > 2 * _CONTEXT:
        text = f"{text[:_CONTEXT]} [...] {text[-_CONTEXT:]}"
    opening, closing = _MARKS[run.operation]
    # Trailing spaces stay outside the marks, so that a removed word reads as one.
    bare = text.rstrip()
    return f"{opening}{bare}{closing}{text[len(bare) :]}", _STYLES[run.operation]
