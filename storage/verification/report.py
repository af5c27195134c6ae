"""What a verification finds."""

from __future__ import annotations

from msgspec import Struct


class Finding(Struct, frozen=True, kw_only=True):
    """Something that is not as the format says, or that is worth a look.

    Attributes:
        key: The object.
        what: What is wrong with it, and where in it.
    """

    key: str
    what: str


class Verification(Struct, frozen=True, kw_only=True):
    """What a verification came to.

    Attributes:
        captures: How many captures the index names.
        segments: How many WARC segments there are.
        snapshots: How many snapshots there are.
        manifests: How many publications have been completed.
        derived: How many runs, tables and extraction revisions there are.
        removals: How many documents tell of removals.
        defects: What is damaged or missing.
        unnamed: Segments that no manifest names, and with `deep` the snapshots that rest on them: publications that
            were cut off elsewhere, or are running.
        remarks: What is no damage: objects of no kind that this version knows, removals that are not finished, copies
            that count no more.
    """

    captures: int
    segments: int
    snapshots: int
    manifests: int
    derived: int
    removals: int
    defects: list[Finding]
    unnamed: list[str]
    remarks: list[Finding]
