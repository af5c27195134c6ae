"""The object store behind the S3 protocol: AWS, and whatever speaks like it.

Only PUT, GET, HEAD, LIST, DELETE and multipart uploads are used, without conditions: several servers ignore those
without a word. What nearly all of them check is Content-MD5, so every body carries it; a HEAD after the PUT
tells whether the object that the server shows is the one that was sent.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from broadsheet.storage.errors import ArchiveDamagedError, NoSuchObjectError, StoreError
from broadsheet.storage.listing import Page, in_key_order
from broadsheet.storage.objects import ObjectEntry, is_key, validate_key, validate_prefix
from broadsheet.storage.s3_attempts import DEADLINE, PATIENCE
from broadsheet.storage.s3_bucket import Bucket, content_md5
from broadsheet.storage.s3_uploads import PART_SIZE, upload

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ListObjectsV2OutputTypeDef, ListObjectsV2RequestTypeDef

_MD5 = re.compile(r"[0-9a-f]{32}")


class S3Store:
    """An `ObjectStore` in a bucket, or under a prefix of one.

    Credentials, region and endpoint come from the standard AWS environment and configuration files. The store
    may be shared by threads, but not by processes: open it after a fork.

    Args:
        bucket: The bucket's name; it must exist.
        prefix: What stands before every key, without a ``/`` at either end; may be empty.
        deadline: Seconds for which a request is repeated that fails for a reason that may pass.
        patience: Seconds after which an attempt is given up that has not ended, and what its bytes need at
            64 KiB a second.
        threads: How many threads may use the store at once without waiting for a connection.

    Attributes:
        place: The URL of what it holds: endpoint, bucket and prefix. Buckets of one name on two servers are two
            places, wherever the endpoint was set.

    Raises:
        ArchiveAddressError: There are no credentials, or the configuration or the prefix is invalid.
    """

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        deadline: float = DEADLINE,
        patience: float = PATIENCE,
        threads: int = 16,
    ) -> None:
        self._bucket = Bucket(bucket, prefix, deadline=deadline, patience=patience, connections=threads + 4)
        self.place = self._bucket.url

    def __repr__(self) -> str:
        return f"S3Store({self._bucket.name!r}, {self._bucket.root.removesuffix('/')!r})"

    def check_access(self) -> None:
        """Ask the bucket once whether it is there and lets itself be listed.

        Raises:
            ArchiveAddressError: It is not; the message says what to check.
        """
        self._bucket.check_access()

    def put(self, key: str, data: bytes | Path) -> None:
        """Store an object; other bytes under its key would be replaced. See `ObjectStore.put`."""
        validate_key(key)
        try:
            if isinstance(data, Path) and data.stat().st_size > PART_SIZE:
                self._verify(key, upload(self._bucket, key, data))
            else:
                self._put_whole(key, data if isinstance(data, bytes) else data.read_bytes())
        except OSError as error:
            raise StoreError(f"{key} cannot be stored: {error}") from error

    def get(self, key: str) -> bytes:
        """Return the bytes of an object. See `ObjectStore.get`."""
        validate_key(key)
        return self._bucket.read(key)

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        """Return a part of an object. See `ObjectStore.get_range`."""
        validate_key(key)
        if offset < 0 or length < 0:
            raise ValueError(f"no range of an object: offset {offset}, length {length}")
        if length == 0:  # HTTP knows no empty range: ask for nothing, but of an object that reaches so far
            found = min(0, self.size(key) - offset)
            part = b""
        else:
            part = self._bucket.read(key, f"bytes={offset}-{offset + length - 1}")
            found = len(part)
        if found != length:
            raise ArchiveDamagedError(
                f"{key} in {self._bucket.place} ends early: {length} bytes from {offset} were asked for"
            )
        return part

    def size(self, key: str) -> int:
        """Return the length of an object in bytes. See `ObjectStore.size`."""
        validate_key(key)
        return self._bucket.head(key)["ContentLength"]

    def list(self, prefix: str = "") -> Iterator[ObjectEntry]:
        """Go through the objects under a directory. See `ObjectStore.list`."""
        validate_prefix(prefix)
        return in_key_order(self._pages(prefix), prefix, self._first_key)

    def directories(self, prefix: str = "") -> Iterator[str]:
        """Go through the names of the directories right below a directory. See `ObjectStore.directories`."""
        validate_prefix(prefix)
        request: ListObjectsV2RequestTypeDef = {**self._listing_of(prefix), "Delimiter": "/"}
        found = {
            common["Prefix"].removeprefix(self._bucket.root).removesuffix("/")
            for answer in self._answers(request)
            for common in answer.get("CommonPrefixes", [])
        }
        return iter(sorted(directory.removeprefix(prefix) for directory in found if is_key(directory)))

    def delete(self, key: str) -> None:
        """Remove an object, with a request of its own. See `ObjectStore.delete`."""
        validate_key(key)
        address = self._bucket.address(key)
        with contextlib.suppress(NoSuchObjectError):  # some servers answer 404 where S3 has 204
            self._bucket.ask("deleted", key, lambda: self._bucket.client.delete_object(**address))

    def _put_whole(self, key: str, data: bytes) -> None:
        address, digest = self._bucket.address(key), content_md5(data)

        def put() -> None:
            self._bucket.client.put_object(**address, Body=data, ContentMD5=digest)

        self._bucket.ask("stored", key, put, size=len(data))
        self._verify(key, len(data), hashlib.md5(data, usedforsecurity=False).hexdigest())

    def _verify(self, key: str, length: int, md5: str | None = None) -> None:
        try:
            head = self._bucket.head(key)
        except NoSuchObjectError as error:
            raise ArchiveDamagedError(f"{key} was acknowledged by {self._bucket.place} but is not there") from error
        etag = head["ETag"].strip('"')
        # With KMS encryption an ETag looks like an MD5 and is none; that of an upload in parts has a dash.
        comparable = md5 is not None and "aws:kms" not in head.get("ServerSideEncryption", "")
        if head["ContentLength"] != length or (comparable and _MD5.fullmatch(etag) and etag != md5):
            raise ArchiveDamagedError(
                f"{self._bucket.place} holds other bytes under {key} than it was sent: "
                f"{head['ContentLength']} bytes with ETag {etag}, sent were {length}"
            )

    def _pages(self, prefix: str) -> Iterator[Page]:
        for answer in self._answers(self._listing_of(prefix)):
            entries = (
                ObjectEntry(found["Key"].removeprefix(self._bucket.root), found["Size"])
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
        return found[0]["Key"].removeprefix(self._bucket.root) if found else None

    def _listing_of(self, beginning: str) -> ListObjectsV2RequestTypeDef:
        return {"Bucket": self._bucket.name, "Prefix": self._bucket.root + beginning}

    def _list_page(self, request: ListObjectsV2RequestTypeDef) -> ListObjectsV2OutputTypeDef:
        client = self._bucket.client
        return self._bucket.ask("listed", request["Prefix"] or "all", lambda: client.list_objects_v2(**request))
