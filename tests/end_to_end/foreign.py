"""WARC files as other crawlers write them, of captures of made-up pages."""

from __future__ import annotations

import base64
import gzip
import hashlib
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from end_to_end import pages

Fields = Sequence[tuple[str, str]]


def sha1(data: bytes) -> str:
    """A digest as Heritrix, wget and Common Crawl state it."""
    return "sha1:" + base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


def record(kind: str, url: str, at: datetime, block: bytes, fields: Fields = (), *, record_id: str = "") -> bytes:
    """One record in one gzip member, as most writers write it."""
    content_type = "application/http; msgtype=request" if kind == "request" else "application/http; msgtype=response"
    stated = [
        ("WARC-Type", kind),
        ("WARC-Record-ID", f"<{record_id or uuid.uuid4().urn}>"),
        ("WARC-Date", f"{at:%Y-%m-%dT%H:%M:%SZ}"),
        ("WARC-Target-URI", url),
        *([] if any(name == "Content-Type" for name, _ in fields) else [("Content-Type", content_type)]),
        *fields,
        ("Content-Length", str(len(block))),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in stated)
    return gzip.compress(f"WARC/1.0\r\n{head}\r\n".encode() + block + b"\r\n\r\n")


def body(text: str) -> bytes:
    """The page of an article with this text."""
    return pages.article("The harbour", text=f"{text} {pages.made_up_text('harbour')}").encode()


def shows(url: str, at: datetime, text: str, headers: str = "", *, record_id: str = "") -> bytes:
    """A capture of an article in the style of Common Crawl: the body decoded, the head written anew."""
    page = body(text)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nX-Crawl-Content-Encoding: gzip\r\n{headers}"
    block = f"{head}Content-Length: {len(page)}\r\n\r\n".encode() + page
    fields = [("WARC-Payload-Digest", sha1(page)), ("WARC-Block-Digest", sha1(block)), ("WARC-IP-Address", "192.0.2.7")]
    return record("response", url, at, block, fields, record_id=record_id)


def answers(url: str, at: datetime, status: str) -> bytes:
    """A capture of something without a body."""
    return record("response", url, at, f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())


def asks(url: str, at: datetime, headers: str = "") -> bytes:
    """The request of a capture, as it stands before it."""
    path = "/" + url.split("/", 3)[3]
    return record("request", url, at, f"GET {path} HTTP/1.1\r\nHost: news.example\r\n{headers}\r\n".encode())


def repeats(url: str, at: datetime, text: str, fields: Fields = ()) -> bytes:
    """A revisit: the same body as before."""
    page = body(text)
    block = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(page)}\r\n\r\n".encode()
    profile = "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"
    stated = [("WARC-Profile", profile), ("WARC-Payload-Digest", sha1(page)), *fields]
    return record("revisit", url, at, block, stated)


def write(path: Path, records: Iterable[bytes]) -> str:
    """Write a file of records and return its path."""
    path.write_bytes(b"".join(records))
    return str(path)
