"""What the commands print: JSON for machines, tables and colours for people."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

import msgspec
from rich.console import Console

from broadsheet.storage.model import Change, Snapshot

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

_SAID = {
    "headline": "headline",
    "body": "text",
    "byline": "byline",
    "published": "publication date",
    "modified": "modification date",
    "access": "access",
    "canonical": "canonical URL",
    "removed": "removed",
    "restored": "restored",
}


def print_json(document: Any) -> None:  # noqa: ANN401 - whatever msgspec encodes
    """Print one document on one line of stdout."""
    write_bytes(msgspec.json.encode(document) + b"\n")


def write_bytes(data: bytes) -> None:
    """Write bytes to stdout as they are."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def moment(when: datetime) -> str:
    """Return a time as people read it."""
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"


def changes(snapshot: Snapshot) -> str:
    """Return what changed with a version, in words."""
    if snapshot.version == 1 and not snapshot.changes:
        return "first version"
    return ", ".join(_said(change) for change in snapshot.changes) or "-"


def _said(change: Change) -> str:
    return _SAID[change]
