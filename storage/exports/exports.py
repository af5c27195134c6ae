"""Exports: an archive, or a part of it, in a form that others can read; resumable and flat in memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from msgspec import Struct

from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.documents import removals
from broadsheet.storage.errors import ExportError
from broadsheet.storage.exports.contents import Contents
from broadsheet.storage.exports.jsonl import write_jsonl
from broadsheet.storage.exports.parquet_folder import write_parquet
from broadsheet.storage.exports.progress import Progress, Task, Unfinished, UnfinishedFile, UnfinishedFolder
from broadsheet.storage.exports.selection import Selection, index_keys
from broadsheet.storage.exports.wacz import write_wacz
from broadsheet.storage.tables import parquet

Form = Literal["wacz", "jsonl", "parquet"]


class Exported(Struct, frozen=True, kw_only=True):
    """What an export came to, as `export --json` prints it.

    Attributes:
        output: The file, or the folder.
        format: Its format.
        bytes: Its length; of a folder, that of its files.
        versions: How many versions of articles are in it.
        segments: How many segments of the archive were looked at.
        resumed_at: How many of those an earlier, interrupted export had done.
    """

    output: str
    format: Form
    bytes: int
    versions: int
    segments: int
    resumed_at: int


def export(
    archive: Archive,
    address: str,
    output: Path,
    form: Form,
    selection: Selection,
    step: Callable[[Progress], None] = lambda _: None,
) -> Exported:
    """Export what an archive holds now; where the same was begun before and interrupted, go on with that.

    The result is the same as without the interruption: what was published meanwhile is not in it.

    Args:
        archive: The archive.
        address: Its address, by which an interrupted export is known.
        output: Where the result is to lie. A file that lies there is replaced when the export is done; a folder, which
            is what ``parquet`` writes, never is.
        form: The format.
        selection: What is taken; a language only with ``jsonl``.
        step: Called with how far it has come.

    Raises:
        ExportError: Something else was begun there, something of it was removed from the archive meanwhile, or a
            removal is not finished; or a folder would be replaced.
        TablesUnavailableError: ``parquet`` needs pyarrow, which is not installed.
        ArchiveDamagedError: Something in the archive is not what was stored.
    """
    if form == "parquet":
        parquet.require()
    output_file, output_folder = UnfinishedFile(output), UnfinishedFolder(output)
    file: Unfinished = output_folder if form == "parquet" else output_file
    task = Task(archive=address, form=form, selection=selection)
    progress = file.resume(task)
    resumed_at = progress.done if progress else 0
    indexes = {entry.key for entry in archive.store.list(layout.INDEX)}
    if progress is not None:
        _refuse_replaced(indexes, progress, file)
    if indexes & removals.removed(archive.store).keys():
        raise ExportError("what is to be removed from the archive is still there: run `broadsheet recover` first")
    with Contents(archive.store, selection) as contents:
        if form == "wacz":
            segments = contents.find(progress.segments if progress else None)
        else:
            segments = index_keys(archive.store, selection)
        if progress is None:
            progress = Progress(task=task, begun_at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", segments=segments)
            file.begin(progress)
        so_far = progress
        if form == "wacz":
            write_wacz(archive.store, contents, output_file, so_far, lambda: step(so_far))
        elif form == "parquet":
            write_parquet(archive, output_folder, so_far, lambda: step(so_far))
        else:
            write_jsonl(archive, output_file, so_far, lambda: step(so_far))
    if form == "parquet":
        # Its rows were read long before the last one: nothing of them is to be of what was removed since.
        _refuse_replaced({entry.key for entry in archive.store.list(layout.INDEX)}, so_far, file)
    file.finish()
    return Exported(
        output=str(output),
        format=form,
        bytes=file.bytes,
        versions=so_far.versions,
        segments=len(so_far.segments),
        resumed_at=resumed_at,
    )


def _refuse_replaced(indexes: set[str], progress: Progress, file: Unfinished) -> None:
    """Refuse to go on with an export of which something was removed from the archive since: it may have it already.

    Raises:
        ExportError: It is so.
    """
    gone = set(progress.segments) - indexes
    if gone:
        file.discard()
        raise ExportError(
            f"what was exported into {file.part} has been removed from the archive since it was begun "
            f"({min(gone)} is no more): it is deleted, export again"
        )
