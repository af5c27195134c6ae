"""Text that a page states for machines, as lines."""

from __future__ import annotations

import re

from broadsheet.crawler.extraction.structured import as_text

_BLOCK_TAG = re.compile(r"</?(?:p|br|div|h\d|li|ul|ol|blockquote)\b[^>]*>", re.IGNORECASE)
_ANY_TAG = re.compile(r"</?[a-z][^>]*>", re.IGNORECASE)


def as_text_lines(value: object) -> str:
    """The text of a JSON-LD ``articleBody``, markup removed, one paragraph a line."""
    if not isinstance(value, str):
        return as_text(value) or ""
    broken = _BLOCK_TAG.sub("\n", value) if "<" in value else value
    return "\n".join(text for line in broken.splitlines() if (text := as_text(_ANY_TAG.sub("", line))))
