"""Multipart uploads: large files go up part by part, and what a crash left of one is taken back.

The parts are equal, as some servers demand, and are read from the file one after the other: memory is that of
one part, however large the file is.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from broadsheet.storage.stores.s3.bucket import Bucket, content_md5
from broadsheet.storage.stores.s3.failures import FOREIGN_ERRORS, describe

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_SIZE = 16 * 1024 * 1024  # bytes; that of all parts but the last
LEFTOVER_AGE = timedelta(days=1)  # longer than any upload takes

_COMPLETION = 1 << 24  # bytes: servers that copy the parts together take minutes, and answer last


def upload(bucket: Bucket, key: str, path: Path) -> int:
    """Store a file as an object, and return its length in bytes.

    An upload that fails is taken back; one whose process is killed is left to `abort_leftovers`.
    """

    def create() -> str:
        return bucket.client.create_multipart_upload(**bucket.address(key))["UploadId"]

    number = bucket.ask("stored", key, create)
    try:
        return _send(bucket, key, path, number)
    except BaseException as error:
        _take_back(bucket, key, number, error)
        raise


def abort_leftovers(bucket: Bucket, now: datetime | None = None) -> int:
    """Abort the uploads under the bucket's prefix that began more than a day ago; return how many there were.

    Younger ones may belong to a writer that is still at work.

    Args:
        bucket: Where to look.
        now: What counts as now; None for the clock.

    Raises:
        StoreError: The server does not let uploads be listed or aborted.
    """
    oldest = (now or datetime.now(UTC)) - LEFTOVER_AGE
    pages = bucket.client.get_paginator("list_multipart_uploads")
    listing = bucket.ask(
        "listed", "uploads", lambda: pages.paginate(Bucket=bucket.name, Prefix=bucket.root).build_full_result()
    )
    old = [
        (found["Key"].removeprefix(bucket.root), found["UploadId"])
        for found in listing.get("Uploads", [])
        if found["Initiated"] < oldest
    ]
    for key, number in old:
        _abort_leftover(bucket, key, number)
    return len(old)


def _send(bucket: Bucket, key: str, path: Path, number: str) -> int:
    """Send a file as the parts of an upload, put them together, and return the length of the whole."""
    length = 0
    parts: list[CompletedPartTypeDef] = []
    with path.open("rb") as file:
        while part := file.read(PART_SIZE):
            etag = _send_part(bucket, key, number, len(parts) + 1, part)
            parts.append({"PartNumber": len(parts) + 1, "ETag": etag})
            length += len(part)

    def complete() -> None:
        # An upload that is gone was completed by an attempt whose answer got lost: the caller looks.
        with contextlib.suppress(bucket.client.exceptions.NoSuchUpload):
            bucket.client.complete_multipart_upload(
                **bucket.address(key), UploadId=number, MultipartUpload={"Parts": parts}
            )

    bucket.ask("stored", key, complete, size=_COMPLETION)
    return length


def _send_part(bucket: Bucket, key: str, upload_number: str, part_number: int, part: bytes) -> str:
    digest = content_md5(part)

    def put() -> str:
        return bucket.client.upload_part(
            **bucket.address(key), UploadId=upload_number, PartNumber=part_number, Body=part, ContentMD5=digest
        )["ETag"]

    return bucket.ask("stored", key, put, size=len(part))


def _take_back(bucket: Bucket, key: str, number: str, cause: BaseException) -> None:
    """Take back the parts of an upload that failed, at the first attempt or not; if not, `cause` says so."""
    try:
        bucket.client.abort_multipart_upload(**bucket.address(key), UploadId=number)
    except FOREIGN_ERRORS as error:
        cause.add_note(f"the parts of upload {number} are still in {bucket.place}: {describe(error)}")


def _abort_leftover(bucket: Bucket, key: str, number: str) -> None:
    def abort() -> None:
        # Another process that opens the archive now may be faster.
        with contextlib.suppress(bucket.client.exceptions.NoSuchUpload):
            bucket.client.abort_multipart_upload(**bucket.address(key), UploadId=number)

    bucket.ask("taken back", key, abort)
