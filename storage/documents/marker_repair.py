"""Putting `archive.json` again where it is missing or damaged: what lies beside it tells the format too."""

from __future__ import annotations

from broadsheet.storage import key_kinds, layout
from broadsheet.storage.documents import manifests
from broadsheet.storage.documents.marker import WHOLE, ensure_format
from broadsheet.storage.errors import ArchiveDamagedError, NoSuchObjectError
from broadsheet.storage.repairs import Repairs
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import again_if_damaged


def repair_marker(store: ObjectStore) -> Repairs:
    """See that an archive says its format; an empty store is none yet, and stays so.

    Raises:
        ArchiveFormatError: The archive is of another format.
        StoreUnavailableError: The store did not answer.
    """
    repairs = Repairs(store)
    try:
        again_if_damaged(lambda: ensure_format(store, create=False, required=True))
    except (NoSuchObjectError, ArchiveDamagedError) as error:
        if _is_of_this_format(store):
            repairs.ensure(layout.MARKER, WHOLE)
        elif isinstance(error, ArchiveDamagedError):
            repairs.lose(layout.MARKER, str(error))
    return repairs


def _is_of_this_format(store: ObjectStore) -> bool:
    """Tell whether a manifest says so, or where none can be read, the name of a WARC segment."""
    for entry in store.list(layout.MANIFESTS):
        try:
            manifests.read(store, entry.key)
        except (ArchiveDamagedError, NoSuchObjectError):
            continue
        return True
    return any(key_kinds.is_known(entry.key) for entry in store.list(layout.WARC))
