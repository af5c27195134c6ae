"""`broadsheet diff URL`: what changed from one version of an article to another."""

from __future__ import annotations

import click

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
    from rich.text import Text

    changed = ", ".join(said(change) for change in compared.changes) or "no change"
    console().print(f"{compared.url}\nversion {compared.before} -> {compared.after}: {changed}", soft_wrap=True)
    for name, field in compared.fields.items():
        console().print(f"\n{name}", style="bold")
        console().print(Text.assemble(*(_styled(run) for run in field.runs)), soft_wrap=True)


def _styled(run: Run) -> tuple[str, str]:
    text = printable(run.text)
    if run.operation == "equal":
        return _elided(text), _STYLES["equal"]
    opening, closing = _MARKS[run.operation]
    # Spaces around it stay outside the marks, so that a removed word, or an added paragraph, reads as one.
    bare = text.strip()
    if bare:
        before, _, behind = text.partition(bare)
    else:
        # No word, but the space between two of them, or the break between two paragraphs.
        bare, before = "\u00b6" if "\n" in text else " ", ""
        behind = text if run.operation == "insert" and "\n" in text else ""
    return f"{before}{opening}{bare}{closing}{behind}", _STYLES[run.operation]


def _elided(text: str) -> str:
    """Return what both versions have, of what is long without the middle, which begins and ends between words."""
    if len(text) <= 2 * _CONTEXT:
        return text
    first, last = text[:_CONTEXT], text[-_CONTEXT:]
    if not (text[_CONTEXT].isspace() or first[-1].isspace()):
        first = first.rsplit(maxsplit=1)[0] if len(first.split()) > 1 else first
    if not (text[-_CONTEXT - 1].isspace() or last[0].isspace()):
        last = last.split(maxsplit=1)[1] if len(last.split()) > 1 else last
    return f"{first.rstrip()} [...] {last.lstrip()}"
