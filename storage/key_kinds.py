"""Which kind of object a key is the key of: the tree of docs/format.md as patterns."""

from __future__ import annotations

import re

from broadsheet.storage import layout

# What a writer tries out what a bucket does with; no part of the archive.
PROBES = "probe/"
_DAY = r"[0-9]{4}/[0-9]{2}/[0-9]{2}"
_BATCH = r"[0-9]{13}-[0-9a-f]{8}"
_ARTICLE = r"([0-9a-f]{2})/\1[0-9a-f]{30}"
_TABLE = rf"(?:{'|'.join(layout.TABLE_NAMES)})/day=[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}"
_KINDS = {
    layout.WARC: rf"{_DAY}/{_BATCH}-[0-9a-f]{{32}}\.warc\.gz",
    layout.INDEX: rf"{_DAY}/{_BATCH}-(?:early-)?[0-9a-f]{{32}}\.cdxj\.gz",
    layout.SNAPSHOTS: rf"{_ARTICLE}/[0-9]{{13}}-[0-9a-f]{{16}}-[0-9a-f]{{16}}\.json",
    layout.EXTRACTIONS: rf"{_ARTICLE}/[0-9]{{13}}-[0-9a-f]{{16}}-[0-9a-f]{{16}}\.json",
    layout.MANIFESTS: r"[0-9a-f]{8}/[0-9]{10}-[0-9a-f]{32}\.json",
    layout.TAKEDOWNS: rf"{_ARTICLE}/[0-9]{{13}}-[0-9a-f]{{16}}\.json",
    layout.RETENTIONS: r"[0-9]{13}-[0-9a-f]{16}\.json",
    layout.RUNS: r"[0-9a-f]{8}/[0-9]{2}/[0-9]{10}-[0-9a-f]{32}\.(?:cdxj\.gz|idx)",
    layout.TABLES: rf"{_TABLE}/{_BATCH}-[0-9a-f]{{32}}\.parquet",
    layout.COMPACTED_TABLES: rf"{_TABLE}/[0-9a-f]{{32}}\.parquet",
}
_PATTERNS = {prefix: re.compile(prefix + rest) for prefix, rest in _KINDS.items()}


def is_known(key: str) -> bool:
    """Tell whether a key is of one of the kinds that docs/format.md has, or of a probe."""
    if key == layout.MARKER or key.startswith(PROBES):
        return True
    pattern = _PATTERNS.get(key.partition("/")[0] + "/")
    return pattern is not None and pattern.fullmatch(key) is not None
