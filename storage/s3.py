"""The object store behind the S3 protocol: AWS, and whatever speaks like it.

Only PUT, GET, HEAD, LIST, DELETE and multipart uploads are used, without conditions: several servers ignore those
without a word. What nearly all of them check is Content-MD5, so every body carries it; a HEAD after the PUT
tells whether the object that the server shows is the one that was sent.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import random
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from broadsheet.storage.errors import (
    ArchiveAddressError,
    ArchiveDamagedError,
    NoSuchObjectError,
    StoreError,
    StoreUnavailableError,
)
from broadsheet.storage.listing import Page, in_key_order
from broadsheet.storage.objects import ObjectEntry, is_key, validate_key, validate_prefix
from broadsheet.storage.s3_client import connect
from broadsheet.storage.s3_failures import FOREIGN_ERRORS, advice, describe, is_transient, translated

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import (
        CompletedPartTypeDef,
        HeadObjectOutputTypeDef,
        ListObjectsV2OutputTypeDef,
        ListObjectsV2RequestTypeDef,
    )

PART_SIZE = 16 * 1024 * 1024  # bytes; all parts but the last are equal, as some servers demand
DEADLINE = 120.0  # seconds: longer than a server takes to restart

_FIRST_PAUSE = 0.1  # seconds
_LONGEST_PAUSE = 10.0
_NAME = r"(?!\.{1,2}(?:/|\Z))[0-9A-Za-z!_.*'()-]+"
_MD5 = re.compile(r"[0-9a-f]{32}")
_PREFIX = re.compile(rf"{_NAME}(?:/{_NAME})*")

_T = TypeVar("_T")


class S3Store:
    """An `ObjectStore` in a bucket, or under a prefix of one.

    Credentials, region and endpoint come from the standard AWS environment and configuration files. The store
    may be shared by threads, but not by processes: open it after a fork.

    Args:
        bucket: The bucket's name; it must exist.
        prefix: What stands before every key, without a ``/`` at either end; may be empty.
        deadline: Seconds for which a request is repeated that fails for a reason that may pass. An attempt
            that has begun is not cut short.
        threads: How many threads may use the store at once without waiting for a connection.

    Attributes:
        place: The URL of what it holds: endpoint, bucket and prefix. Buckets of one name on two servers are two
            places, wherever the endpoint was set.

    Raises:
        ArchiveAddressError: There are no credentials, or the configuration or the prefix is invalid.
    """

    def __init__(self, bucket: str, prefix: str = "", *, deadline: float = DEADLINE, threads: int = 16) -> None:
        if prefix and not _PREFIX.fullmatch(prefix):
            raise ArchiveAddressError(
                f"not a prefix for an archive in a bucket: {prefix!r}: use letters, digits and !_.*'()- in "
                "components with one / between them"
            )
        self._bucket = bucket
        self._root = f"{prefix}/" if prefix else ""
        self._deadline = deadline
        self._client = connect(connections=threads + 4)
        endpoint = self._client.meta.endpoint_url
        self.place = f"{endpoint.rstrip('/')}/{bucket}/{prefix}".rstrip("/")
        self._place = f"bucket {bucket} at {endpoint}"

    def __repr__(self) -> str:
        return f"S3Store({self._bucket!r}, {self._root.removesuffix('/')!r})"

    def check_access(self) -> None:
        """Ask the bucket once whether it is there and lets itself be listed.

        Raises:
            ArchiveAddressError: It is not; the message says what to check.
        """
        try:
            self._client.list_objects_v2(Bucket=self._bucket, Prefix=self._root, MaxKeys=1)
        except FOREIGN_ERRORS as error:
            raise ArchiveAddressError(f"cannot use {self._place}: {describe(error)}: {advice(error)}") from error

    def put(self, key: str, data: bytes | Path) -> None:
        """Store an object; other bytes under its key would be replaced. See `ObjectStore.put`."""
        validate_key(key)
        try:
            if isinstance(data, Path) and data.stat().st_size > PART_SIZE:
                self._put_in_parts(key, data)
            else:
                self._put_whole(key, data if isinstance(data, bytes) else data.read_bytes())
        except OSError as error:
            raise StoreError(f"{key} cannot be stored: {error}") from error

    def get(self, key: str) -> bytes:
        """Return the bytes of an object. See `ObjectStore.get`."""
        validate_key(key)

        def get() -> bytes:
            return self._client.get_object(Bucket=self._bucket, Key=self._root + key)["Body"].read()

        return self._ask("read", key, get)

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        """Return a part of an object. See `ObjectStore.get_range`."""
        validate_key(key)
        if offset < 0 or length < 0:
            raise ValueError(f"no range of an object: offset {offset}, length {length}")
        if length == 0:  # HTTP knows no empty range: ask for nothing, but of an object that reaches so far
            found = min(0, self.size(key) - offset)
            part = b""
        else:
            part = self._ask("read", key, lambda: self._get_part(key, offset, length))
            found = len(part)
        if found != length:
            raise ArchiveDamagedError(f"{key} in {self._place} ends early: {length} bytes from {offset} were asked for")
        return part

    def size(self, key: str) -> int:
        """Return the length of an object in bytes. See `ObjectStore.size`."""
        validate_key(key)
        return self._head(key)["ContentLength"]

    def list(self, prefix: str = "") -> Iterator[ObjectEntry]:
        """Go through the objects under a directory. See `ObjectStore.list`."""
        validate_prefix(prefix)
        return in_key_order(self._pages(prefix), prefix, self._first_key)

    def directories(self, prefix: str = "") -> Iterator[str]:
        """Go through the names of the directories right below a directory. See `ObjectStore.directories`."""
        validate_prefix(prefix)
        request: ListObjectsV2RequestTypeDef = {**self._listing_of(prefix), "Delimiter": "/"}
        found = {
            common["Prefix"].removeprefix(self._root).removesuffix("/")
            for answer in self._answers(request)
            for common in answer.get("CommonPrefixes", [])
        }
        return iter(sorted(directory.removeprefix(prefix) for directory in found if is_key(directory)))

    def delete(self, key: str) -> None:
        """Remove an object, with a request of its own. See `ObjectStore.delete`."""
        validate_key(key)
        with contextlib.suppress(NoSuchObjectError):  # some servers answer 404 where S3 has 204
            self._ask("deleted", key, lambda: self._client.delete_object(Bucket=self._bucket, Key=self._root + key))

    def _put_whole(self, key: str, data: bytes) -> None:
        digest = hashlib.md5(data, usedforsecurity=False)

        def put() -> None:
            self._client.put_object(
                Bucket=self._bucket, Key=self._root + key, Body=data, ContentMD5=_base64(digest.digest())
            )

        self._ask("stored", key, put)
        self._verify(key, len(data), digest.hexdigest())

    def _put_in_parts(self, key: str, path: Path) -> None:
        def create() -> str:
            answer = self._client.create_multipart_upload(Bucket=self._bucket, Key=self._root + key)
            return answer["UploadId"]

        upload = self._ask("stored", key, create)
        try:
            length = self._upload(key, path, upload)
        except BaseException as error:
            self._abort(key, upload, error)
            raise
        self._verify(key, length)

    def _upload(self, key: str, path: Path, upload: str) -> int:
        """Send a file as the parts of an upload, put them together, and return the length of the whole."""
        length = 0
        parts: list[CompletedPartTypeDef] = []
        with path.open("rb") as file:
            while part := file.read(PART_SIZE):
                etag = self._upload_part(key, upload, len(parts) + 1, part)
                parts.append({"PartNumber": len(parts) + 1, "ETag": etag})
                length += len(part)

        def complete() -> None:
            # An upload that is gone was completed by an attempt whose answer got lost: `_verify` looks.
            with contextlib.suppress(self._client.exceptions.NoSuchUpload):
                self._client.complete_multipart_upload(
                    Bucket=self._bucket,
                    Key=self._root + key,
                    UploadId=upload,
                    MultipartUpload={"Parts": parts},
                )

        self._ask("stored", key, complete)
        return length

    def _upload_part(self, key: str, upload: str, number: int, part: bytes) -> str:
        digest = hashlib.md5(part, usedforsecurity=False).digest()

        def put() -> str:
            return self._client.upload_part(
                Bucket=self._bucket,
                Key=self._root + key,
                UploadId=upload,
                PartNumber=number,
                Body=part,
                ContentMD5=_base64(digest),
            )["ETag"]

        return self._ask("stored", key, put)

    def _abort(self, key: str, upload: str, cause: BaseException) -> None:
        """Take back the parts of an upload that failed; if that fails too, `cause` says so."""
        try:
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=self._root + key, UploadId=upload)
        except FOREIGN_ERRORS as error:
            cause.add_note(f"the parts of upload {upload} are still in {self._place}: {describe(error)}")

    def _verify(self, key: str, length: int, md5: str | None = None) -> None:
        try:
            head = self._head(key)
        except NoSuchObjectError as error:
            raise ArchiveDamagedError(f"{key} was acknowledged by {self._place} but is not there") from error
        etag = head["ETag"].strip('"')
        # With KMS encryption an ETag looks like an MD5 and is none; that of an upload in parts has a dash.
        comparable = md5 is not None and "aws:kms" not in head.get("ServerSideEncryption", "")
        if head["ContentLength"] != length or (comparable and _MD5.fullmatch(etag) and etag != md5):
            raise ArchiveDamagedError(
                f"{self._place} holds other bytes under {key} than it was sent: "
                f"{head['ContentLength']} bytes with ETag {etag}, sent were {length}"
            )

    def _head(self, key: str) -> HeadObjectOutputTypeDef:
        return self._ask("read", key, lambda: self._client.head_object(Bucket=self._bucket, Key=self._root + key))

    def _get_part(self, key: str, offset: int, length: int) -> bytes:
        return self._client.get_object(
            Bucket=self._bucket, Key=self._root + key, Range=f"bytes={offset}-{offset + length - 1}"
        )["Body"].read()

    def _pages(self, prefix: str) -> Iterator[Page]:
        for answer in self._answers(self._listing_of(prefix)):
            entries = (
                ObjectEntry(found["Key"].removeprefix(self._root), found["Size"])
                for found in answer.get("Contents", [])
            )
            yield Page([entry for entry in entries if is_key(entry.key)], answer["IsTruncated"])

    def _answers(self, request: ListObjectsV2RequestTypeDef) -> Iterator[ListObjectsV2OutputTypeDef]:
        """Ask for a listing page by page, to its end."""
        more = True
        while more:
            answer = self._list_page(request)
            more = answer["IsTruncated"]
            if more:
                request["ContinuationToken"] = answer["NextContinuationToken"]
            yield answer

    def _first_key(self, beginning: str) -> str | None:
        request = self._listing_of(beginning)
        request["MaxKeys"] = 1
        found = self._list_page(request).get("Contents", [])
        return found[0]["Key"].removeprefix(self._root) if found else None

    def _listing_of(self, beginning: str) -> ListObjectsV2RequestTypeDef:
        return {"Bucket": self._bucket, "Prefix": self._root + beginning}

    def _list_page(self, request: ListObjectsV2RequestTypeDef) -> ListObjectsV2OutputTypeDef:
        return self._ask("listed", request["Prefix"] or "all", lambda: self._client.list_objects_v2(**request))

    def _ask(self, done: str, key: str, request: Callable[[], _T]) -> _T:
        """Make a request, again and again until the deadline if it fails for a reason that may pass."""
        give_up = time.monotonic() + self._deadline
        pause = _FIRST_PAUSE
        while True:
            try:
                return request()
            except FOREIGN_ERRORS as error:
                if not is_transient(error):
                    raise translated(error, done, key, self._place) from error
                if time.monotonic() + pause > give_up:
                    raise StoreUnavailableError(
                        f"{key} could not be {done} for {self._deadline:g} s in {self._place}: {describe(error)}"
                    ) from error
            # Jitter keeps the threads of many writers from coming back all at once.
            time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
            pause = min(2 * pause, _LONGEST_PAUSE)


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")
