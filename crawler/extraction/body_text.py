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
    broken = replace_tags(_BLOCK_TAG, "\n", value)
    return "\n".join(text for line in broken.splitlines() if (text := as_text(replace_tags(_ANY_TAG, "", line))))


def replace_tags(tag: re.Pattern[str], replacement: str, text: str) -> str:
    """Replace the tags in a text, in time that grows as its length does.

    Args:
        tag: Matches from "<" to the next ">".
        replacement: What stands there instead.
        text: Any text.
    """
    # Behind the last ">" nothing is a tag; each "<" there would be followed to the end of the text to see that.
    end = text.rfind(">") + 1
    return tag.sub(replacement, text[:end]) + text[end:] if end else text
