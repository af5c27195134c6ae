"""`broadsheet show URL`: one version of an article, as JSON, text, HTML or its WARC record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click
import msgspec

from broadsheet.scheduler.options import archive_option, json_option
from broadsheet.scheduler.output import article_text, changes, moment, print_json, printable, write_bytes
from broadsheet.storage.archive import Archive
from broadsheet.storage.errors import NoSuchVersionError
from broadsheet.storage.http.messages import decoded_body, parse_response
from broadsheet.storage.model import Snapshot, SnapshotDocument


@click.command("show")
@click.argument("url")
@click.option("--version", "number", type=int, help="The version's number.")
@click.option(
    "--at",
    "when",
    metavar="TIME",
    help="The version that stood at a time (ISO 8601; UTC where no zone is given).",
)
@click.option(
    "--extraction",
    type=click.Choice(["latest"]),
    help="With latest: the article as `reextract` last read it, in place of the snapshot's.",
)
@click.option("--format", "form", type=click.Choice(["json", "text", "html", "warc"]), help="[default: text]")
@json_option
@archive_option
def command(
    url: str,
    number: int | None,
    when: str | None,
    extraction: str | None,
    form: str | None,
    archive: str,
    *,
    as_json: bool,
) -> None:
    """Show one version of URL; the latest where neither --version nor --at is given."""
    if number is not None and when is not None:
        raise click.UsageError("--version and --at exclude each other")
    opened = Archive.open(archive)
    snapshot = select(opened, url, number, when)
    if extraction:
        snapshot = _as_last_read(opened, snapshot)
    form = form or ("json" if as_json else "text")
    if form == "json":
        print_json(document(snapshot))
    elif form == "text":
        click.echo(_text(snapshot))
    elif form == "html":
        write_bytes(decoded_body(parse_response(opened.response(snapshot))))
    else:
        write_bytes(opened.record(snapshot))


def select(archive: Archive, url: str, number: int | None, when: str | None) -> Snapshot:
    """Return the version asked for.

    Raises:
        NoSuchVersionError: There is none.
    """
    if number is not None:
        return archive.version(url, number)
    snapshot = archive.latest(url) if when is None else archive.at(url, _parse(when))
    if snapshot is None:
        archive.refuse_taken_down(url)
        raise NoSuchVersionError(f"nothing is archived for {url}" + (f" as of {when}" if when else ""))
    return snapshot


def _as_last_read(archive: Archive, snapshot: Snapshot) -> Snapshot:
    newest = next(reversed(archive.extractions(snapshot)), None)
    if newest is None:
        return snapshot
    return msgspec.structs.replace(
        snapshot, article=newest.article, canonical_url=newest.canonical_url, extractor=newest.extractor
    )


def document(snapshot: Snapshot) -> dict[str, object]:
    """Return the stored document with the version's number, in the order of the contract."""
    stored = {name: getattr(snapshot, name) for name in SnapshotDocument.__struct_fields__}
    return {**stored, "version": snapshot.version}


def _parse(when: str) -> datetime:
    try:
        parsed = datetime.fromisoformat(when)
    except ValueError as error:
        raise click.UsageError(f"--at {when!r}: not a time in ISO 8601, such as 2026-11-22T15:00:00Z") from error
    if len(when) == len("2026-11-22"):
        parsed += timedelta(days=1) - timedelta(microseconds=1)  # As of a day: what stood at its end.
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _text(snapshot: Snapshot) -> str:
    article = snapshot.article
    head = [
        f"version {snapshot.version}, captured {moment(snapshot.captured_at)} ({changes(snapshot)})",
        snapshot.url,
    ]
    if article is None and snapshot.state == "live":
        return "\n".join([*head, "", "no article, as the page was last read"])
    if article is None:
        reason = printable(snapshot.http.reason or "")
        return "\n".join([*head, "", f"gone: the server answered {snapshot.http.status} {reason}"])
    return "\n".join([*head, "", article_text(article)])
