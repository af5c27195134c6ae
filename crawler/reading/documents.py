"""What can be read as one HTML document, before anything reads it."""

from __future__ import annotations

MAXIMUM_DOCUMENT = 64 * 1024 * 1024
"""The most bytes that one HTML document may have."""

# First bytes: RFC 1952, RFC 8878, the bzip2, xz and ZIP formats, ISO 32000.
_OTHER_FORMATS = {
    b"\x1f\x8b": "is compressed with gzip: pass it decompressed",
    b"\x28\xb5\x2f\xfd": "is compressed with zstd: pass it decompressed",
    b"BZh": "is compressed with bzip2: pass it decompressed",
    b"\xfd7zXZ\x00": "is compressed with xz: pass it decompressed",
    b"PK\x03\x04": "is a ZIP file: pass the HTML document in it",
    b"%PDF-": "is a PDF file, not HTML",
}


def refusal(document: bytes) -> str | None:
    """Return why a document is not read, to stand behind its name, or None where it may be HTML.

    Args:
        document: Its bytes; of one that is too large, more than `MAXIMUM_DOCUMENT` of them.
    """
    if len(document) > MAXIMUM_DOCUMENT:
        return f"is larger than {MAXIMUM_DOCUMENT // 1024 // 1024} MiB"
    return next((said for magic, said in _OTHER_FORMATS.items() if document.startswith(magic)), None)
