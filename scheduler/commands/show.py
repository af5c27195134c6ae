"""`broadsheet show URL`: one version of an article, as JSON, text, HTML or its WARC record."""

from __future__ import annotations

from datetime import datetime

import click
import msgspec

from broadsheet.scheduler.answers import MomentError, numbered, parse_moment, select
from broadsheet.scheduler.captured import select_look, show_capture
from broadsheet.scheduler.options import archive_option, json_option
from broadsheet.scheduler.output import article_text, changes, moment, print_json, print_text, printable, write_bytes
from broadsheet.scheduler.presence import asked
from broadsheet.storage.archive import Archive
from broadsheet.storage.http.messages import decoded_body, parse_response
from broadsheet.storage.model import Snapshot


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
@click.option(
    "--capture",
    "captured",
    is_flag=True,
    help="What was captured at URL, article or not: the last capture, or the last until --at.",
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
    captured: bool,
    as_json: bool,
) -> None:
    """Show one version of URL; the latest where neither --version nor --at is given.

    The HTML is the page as it was sent, or, where a browser showed it, the document that its scripts made.

    With --capture, show what was captured there and why it was taken for an article or not: of a front page, say, which
    has no versions.
    """
    if number is not None and when is not None:
        raise click.UsageError("--version and --at exclude each other")
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json prints JSON and nothing else: leave it out, or --format {form}")
    if captured and (number is not None or extraction):
        raise click.UsageError("--capture goes with --at and --format only")
    at = None if when is None else _parse(when)
    form = form or ("json" if as_json else "text")
    with asked(archive) as opened:
        if captured:
            show_capture(opened, select_look(opened, url, at), form)
            return
        snapshot = select(opened, url, number=number, when=at)
    if extraction:
        snapshot = _as_last_read(opened, snapshot)
    if form == "json":
        print_json(numbered(snapshot))
    elif form == "text":
        print_text(_text(snapshot))
    elif form == "html":
        write_bytes(opened.rendering(snapshot) or decoded_body(parse_response(opened.response(snapshot))))
    else:
        write_bytes(opened.record(snapshot))


def _as_last_read(archive: Archive, snapshot: Snapshot) -> Snapshot:
    newest = next(reversed(archive.extractions(snapshot)), None)
    if newest is None:
        return snapshot
    return msgspec.structs.replace(
        snapshot, article=newest.article, canonical_url=newest.canonical_url, extractor=newest.extractor
    )


def _parse(when: str) -> datetime:
    try:
        return parse_moment(when)
    except MomentError as error:
        raise click.UsageError(f"--at {error}") from error


def _text(snapshot: Snapshot) -> str:
    article = snapshot.article
    what = changes(snapshot.version, snapshot.changes)
    head = [f"version {snapshot.version}, captured {moment(snapshot.captured_at)} ({what})", snapshot.url]
    if article is None and snapshot.state == "live":
        return "\n".join([*head, "", "no article, as the page was last read"])
    if article is None:
        reason = printable(snapshot.http.reason or "")
        return "\n".join([*head, "", f"gone: the server answered {snapshot.http.status} {reason}"])
    return "\n".join([*head, "", article_text(article)])
