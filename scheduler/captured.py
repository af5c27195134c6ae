"""One capture as `show --capture` tells it: what the page was taken for, why, and where its record lies."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from broadsheet.scheduler.answers import as_of
from broadsheet.scheduler.output import moment, print_json, print_text, printable, write_bytes
from broadsheet.storage.archive import Archive
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.errors import NoSuchVersionError
from broadsheet.storage.http.messages import decoded_body, parse_response
from broadsheet.storage.looks import location
from broadsheet.storage.segments.stored import read_record


def select_look(archive: Archive, url: str, when: datetime | None) -> IndexLine:
    """Return the last capture of a URL, or the last until a moment: a page, a redirect, robots.txt or the like.

    Raises:
        NoSuchVersionError: There is none.
    """
    at_address = [line for line in archive.captures_at(url) if when is None or line.at <= when]
    # A page may be filed under a URL and lie elsewhere, an address may lead elsewhere since it showed a page.
    last = max([*archive.looks(url, when), *at_address], key=lambda line: line.at, default=None)
    if last is None:
        archive.refuse_taken_down(url)
        raise NoSuchVersionError(f"nothing was captured at {url}" + (f" until {as_of(when)}" if when else ""))
    return last


def show_capture(archive: Archive, line: IndexLine, form: str) -> None:
    """Print a capture: what is known of it as JSON or text, the page it brought, or its WARC record."""
    if form == "json":
        print_json(_document(line))
    elif form == "text":
        print_text(printable(_text(line)))
    elif form == "html":
        write_bytes(decoded_body(parse_response(archive.captured(line))))
    else:
        write_bytes(read_record(archive.store, location(line))[0])


def _document(line: IndexLine) -> dict[str, Any]:
    """Return what an index tells of a capture, with numbers as such: in a CDXJ index they are strings."""
    told = {name: getattr(line, name) for name in IndexLine.__struct_fields__}
    status = int(line.status) if line.status.isdecimal() else None
    return {**told, "status": status, "length": int(line.length), "offset": int(line.offset)}


def _text(line: IndexLine) -> str:
    became = line.outcome or f"HTTP {line.status}"
    became += f" ({line.kind})" if line.kind else ""
    lines = [f"captured {moment(line.at)}: {became}", line.url]
    lines += [f"redirects to: {line.location}"] if line.location else []
    lines += [f"why: {line.reason}"] if line.reason else []
    lines += [f"version: {line.snapshot}"] if line.snapshot else []
    return "\n".join([*lines, f"record: {line.filename} at {line.offset}, {line.length} bytes"])
