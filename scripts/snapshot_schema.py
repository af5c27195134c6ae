"""Write storage/snapshot.schema.json from the types in storage/model.py, or tell whether it is up to date."""

from __future__ import annotations

import argparse
import inspect
import json
import re
import sys
from pathlib import Path
from typing import Any

import msgspec

from broadsheet.storage import model

SCHEMA = Path(__file__).resolve().parent.parent / "storage" / "snapshot.schema.json"
Schema = dict[str, Any]

# What a Python type does not say. Descriptions come from the docstrings.
_CONSTRAINTS: dict[str, dict[str, Schema]] = {
    "SnapshotDocument": {
        "schema": {"const": model.SNAPSHOT_SCHEMA},
        "url": {"format": "uri"},
        "final_url": {"format": "uri"},
        "captured_at": {"format": "date-time"},
        "previous": {"pattern": r"^snapshot/[0-9a-f]{2}/[0-9a-f]{32}/[0-9]{13}-[0-9a-f]{16}-[0-9a-f]{16}\.json$"},
        "changes": {"uniqueItems": True},
        "content_digest": {"pattern": "^sha256:[0-9a-f]{64}$"},
    },
    "HttpAnswer": {"status": {"minimum": 100, "maximum": 999}},
    "WarcLocation": {
        "key": {"pattern": r"^warc/.+\.warc\.gz$"},
        "offset": {"minimum": 0},
        "length": {"minimum": 1},
        "record_id": {"minLength": 1},
    },
    "Date": {"value": {"pattern": r"^\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?)?)?)?$"}},
}
# Documents that were written before there were these fields hold none of them.
_LATER = {"Article": ("lead", "structure", "corrections")}
# An article stands or is gone: a page of which nothing could be read makes no version.
_GONE_HAS_NO_ARTICLE: Schema = {
    "if": {"properties": {"state": {"const": "gone"}}},
    "then": {"properties": {"article": {"type": "null"}}},
    "else": {"properties": {"article": {"type": "object"}}},
}


def main() -> int:
    """Write the schema, or check it; returns the exit code."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--check", action="store_true", help="only tell whether the schema is up to date")
    wanted = json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
    if not arguments.parse_args().check:
        SCHEMA.write_text(wanted, encoding="utf-8")
    elif not SCHEMA.exists() or SCHEMA.read_text(encoding="utf-8") != wanted:
        print(f"storage/{SCHEMA.name} is out of date: run scripts/snapshot_schema.py", file=sys.stderr)
        return 1
    return 0


def schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of the snapshot document."""
    _, definitions = msgspec.json.schema_components([model.SnapshotDocument], ref_template="#/$defs/{name}")
    document, *others = (_completed(name, definitions[name]) for name in definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": model.SNAPSHOT_SCHEMA,
        **document,
        **_GONE_HAS_NO_ARTICLE,
        "$defs": {other["title"]: other for other in others},
    }


def _completed(name: str, definition: Schema) -> Schema:
    """Say what holds of stored documents beyond what may be read: every field is there; and what it means."""
    summary, meanings = _told(getattr(model, name))
    properties = {}
    for field, given in definition["properties"].items():
        constrained = _constrained(given, _CONSTRAINTS.get(name, {}).get(field, {}))
        properties[field] = {"description": meanings[field], **constrained} if field in meanings else constrained
    return {
        "title": name,
        "description": summary,
        "type": "object",
        "properties": properties,
        "required": [field for field in properties if field not in _LATER.get(name, ())],
    }


def _constrained(given: Schema, constraint: Schema) -> Schema:
    kept = {name: value for name, value in given.items() if name != "default"}
    return {**kept, **constraint}


def _told(of_type: type) -> tuple[str, dict[str, str]]:
    """Take a Google-style docstring apart: its text, and what it says of each attribute."""
    text, _, attributes = inspect.cleandoc(of_type.__doc__ or "").partition("\n\nAttributes:\n")
    entries = re.findall(r"^    (\w+): (.*(?:\n     .*)*)", attributes, re.MULTILINE)
    return _folded(text), {name: _folded(meaning) for name, meaning in entries}


def _folded(text: str) -> str:
    return " ".join(text.replace("``", "`").split())


if __name__ == "__main__":
    sys.exit(main())
