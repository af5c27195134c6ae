"""The versions of an archive as JSON lines: one document each, with its number and its key."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import BinaryIO

import msgspec

from broadsheet.storage.archive import Archive
from broadsheet.storage.exports.progress import Progress, UnfinishedFile
from broadsheet.storage.exports.selection import lines_of


def write_jsonl(archive: Archive, file: UnfinishedFile, progress: Progress, step: Callable[[], None]) -> None:
    """Write what is not written yet, segment by segment.

    Args:
        archive: The archive.
        file: The output.
        progress: How far it has come; kept after each segment.
        step: Called after each segment.
    """
    encode = msgspec.json.Encoder().encode
    selection = progress.task.selection
    with file.part.open("r+b") as output:
        output.seek(progress.length)
        for key in progress.segments[progress.done :]:
            lines = (line for line in lines_of(archive.store, key) if selection.takes(line))
            for snapshot in archive.snapshots_of(lines, language=selection.language):
                output.write(encode(snapshot) + b"\n")
                progress.versions += 1
            progress.done += 1
            progress.length = _on_disk(output)
            file.note(progress)
            step()


def _on_disk(output: BinaryIO) -> int:
    output.flush()
    os.fsync(output.fileno())
    return output.tell()
