"""`broadsheet export`: the archive, or a part of it, in a form for others."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from broadsheet.scheduler.options import archive_option, json_option
from broadsheet.scheduler.output import console, print_json
from broadsheet.scheduler.presence import require_archive
from broadsheet.scheduler.wording import counted
from broadsheet.storage.archive import Archive
from broadsheet.storage.exports.exports import Form, export
from broadsheet.storage.exports.progress import UnfinishedFile
from broadsheet.storage.exports.selection import Selection
from broadsheet.storage.urls import site


@click.command("export")
@click.option("--format", "form", type=click.Choice(["wacz", "jsonl", "parquet"]), required=True, help="What to write.")
@click.option(
    "--output", type=click.Path(path_type=Path), help="The file, or with parquet the folder [default: archive.FORMAT]."
)
@click.option("--host", help="Only what is filed under this host, www aside.")
@click.option("--since", metavar="TIME", help="Only captures from this time on (ISO 8601; UTC where no zone is given).")
@click.option("--until", metavar="TIME", help="Only captures before this time.")
@click.option("--language", help="Only articles of this language (en), of any region; with --format jsonl.")
@click.option("--overwrite", is_flag=True, help="Replace the file that lies there; a folder never is.")
@json_option
@archive_option
def command(
    form: Form,
    output: Path | None,
    host: str | None,
    since: str | None,
    until: str | None,
    language: str | None,
    archive: str,
    *,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write a WACZ file (to replay), JSON lines (one version each) or Parquet files (captures and versions).

    An export that was interrupted goes on where it was when the same is asked for again.
    """
    if language and form != "jsonl":
        raise click.UsageError(f"--language selects articles; --format {form} holds captures of every kind")
    if host:
        site(f"http://{host}/")
    selection = Selection(
        since=_moment("--since", since), until=_moment("--until", until), host=host, language=language
    )
    path = output or Path(f"archive.{form}")
    _check_output(path, form, overwrite=overwrite)
    require_archive(archive)
    exported = export(Archive.open(archive), archive, path, form, selection)
    if as_json:
        print_json(exported)
        return
    resumed = f", {exported.resumed_at} of them done before" if exported.resumed_at else ""
    what = f"{counted(exported.versions, 'version')}, {exported.bytes:,} bytes"
    console().print(
        f"{path}: {what} from {counted(exported.segments, 'segment')}{resumed}",
        soft_wrap=True,
    )


def _check_output(path: Path, form: Form, *, overwrite: bool) -> None:
    """Refuse to write where something lies that is not to be replaced.

    Raises:
        UsageError: It is so.
    """
    if str(path) == "-":
        raise click.UsageError("--output - is no file: an export is written to one, so that it can go on; name it")
    if form == "parquet":
        return
    if path.is_dir():
        raise click.UsageError(f"--output {path} is a folder; --format {form} writes a file")
    if path.exists() and not overwrite and not UnfinishedFile(path).is_begun:
        raise click.UsageError(f"{path} is there already: name another --output, or give --overwrite to replace it")


def _moment(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(f"{option} {text!r}: not a time in ISO 8601, such as 2026-11-22") from error
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
