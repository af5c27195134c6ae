"""JSON Schemas of what is asked and answered, with what the docstrings of the types say of each field."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

Document = dict[str, Any]
REFERENCE = "#/components/schemas/{name}"

_ATTRIBUTES = "Attributes:"
_ATTRIBUTE = re.compile(r"^(\w+): (.*(?:\n    .*)*)", re.MULTILINE)


def schemas(types: Sequence[type[Struct]]) -> Document:
    """Return the schemas of some types, and of all that these are made of, by name."""
    found = msgspec.json.schema_components(types, ref_template=REFERENCE)[1]
    return {name: _told(schema) for name, schema in sorted(found.items())}


def _told(schema: Document) -> Document:
    """Return a schema in which each field has the description that the one of the whole gives for it."""
    summary, has_attributes, attributes = inspect.cleandoc(schema.get("description", "")).partition(_ATTRIBUTES)
    if not has_attributes:
        return schema
    said = {name: " ".join(text.split()) for name, text in _ATTRIBUTE.findall(inspect.cleandoc(attributes))}
    properties = {
        name: {"description": said[name], **stated} if name in said else stated
        for name, stated in schema["properties"].items()
    }
    return {**schema, "description": summary.strip(), "properties": properties}
