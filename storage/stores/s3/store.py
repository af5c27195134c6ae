"""The object store behind the S3 protocol: AWS, and whatever speaks like it.

Only PUT, GET, HEAD, LIST, DELETE and multipart uploads are used, and no condition is relied on: several servers
ignore those without a word. What nearly all of them check is Content-MD5, so every body carries it; a HEAD after
the PUT tells whether the object that the server shows is the one that was sent. A writer also knows the server's
`Traits`: where creation is atomic it asks for it, to notice other bytes under a key, and where Content-MD5 is
ignored it reads back what it put.
"""

from __future__ import annotations

import base64
import contextlib
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from broadsheet.storage.errors import (
    ArchiveDamagedError,
    ArchiveError,
    KeyCollisionError,
    NoSuchObjectError,
    StoreError,
)
from broadsheet.storage.stores.listing import Page, in_key_order
from broadsheet.storage.stores.objects import ObjectEntry, is_key, validate_key, validate_prefix
from broadsheet.storage.stores.s3 import traits as s3_traits
from broadsheet.storage.stores.s3.attempts import DEADLINE, PATIENCE
from broadsheet.storage.stores.s3.bucket import Bucket, content_md5
from broadsheet.storage.stores.s3.failures import status
from broadsheet.storage.stores.s3.traits import Traits
from broadsheet.storage.stores.s3.uploads import PART_SIZE, abort_leftovers, upload

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ListObjectsV2OutputTypeDef, ListObjectsV2RequestTypeDef

_MD5 = re.compile(r"[0-9a-f]{32}")
_PRECONDITION_FAILED = 412

_log = logging.getLogger(__name__)


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
        traits: What the server is known to do; None for a store that is only read, or could not be asked.

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
        self.traits: Traits | None = None

    def __repr__(self) -> str:
        return f"S3Store({self._bucket.name!r}, {self._bucket.root.removesuffix('/')!r})"

    @property
    def repeated(self) -> int:
        """How many requests were repeated so far. See `objects.repeated`."""
        return self._bucket.attempts.repeated

    def check_access(self) -> None:
        """Ask the bucket once whether it is there and lets itself be listed.

        Raises:
            ArchiveAddressError: It is not; the message says what to check.
            StoreUnavailableError: Nobody answers; the message says what to check.
        """
        self._bucket.check_access()

    def prepare_writing(self, directory: Path) -> None:
        """Learn what the server does, told once and kept, and take back the uploads that a crash left.

        Where the store lets neither be done it is written to all the same, by plain puts.

        Args:
            directory: Where a writer keeps what it knows of this archive.
        """
        kept = directory / "store.json"
        self.traits = s3_traits.read(kept)
        try:
            if self.traits is None:
                self.traits = s3_traits.probe(self._bucket)
                s3_traits.keep(self.traits, kept)
                _tell(self.place, self.traits)
            if aborted := abort_leftovers(self._bucket):
                _log.info("%d uploads that were never finished were taken back in %s", aborted, self.place)
        except StoreError as error:
            _log.warning("%s: the archive is written all the same", error)

    def put(self, key: str, data: bytes | Path) -> None:
        """Store an object; other bytes under its key are noticed where the server can. See `ObjectStore.put`."""
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
        client, address, digest = self._bucket.client, self._bucket.address(key), content_md5(data)

        def put() -> None:
            client.put_object(**address, Body=data, ContentMD5=digest)

        def create() -> bool:
            try:
                client.put_object(**address, Body=data, ContentMD5=digest, IfNoneMatch="*")
            except ClientError as error:
                if status(error) != _PRECONDITION_FAILED:
                    raise
                return False
            return True

        if self.traits and self.traits.conditional_create == "atomic":
            if not self._bucket.ask("stored", key, create, size=len(data)):
                # Another writer's object, or our own whose acknowledgement got lost: its bytes tell.
                self._compare(key, data, KeyCollisionError(f"other bytes are stored under {key} in {self.place}"))
        else:
            self._bucket.ask("stored", key, put, size=len(data))
        if self.traits and self.traits.content_md5 == "ignored":
            self._compare(key, data, ArchiveDamagedError(f"{self.place} holds other bytes under {key} than were sent"))
        else:
            self._verify(key, len(data), base64.b64decode(digest).hex())

    def _compare(self, key: str, data: bytes, difference: ArchiveError) -> None:
        """Read an object back, and raise `difference` where it is not of these bytes."""
        try:
            is_same = self._bucket.read(key) == data
        except NoSuchObjectError:
            is_same = False
        if not is_same:
            raise difference

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


def _tell(place: str, traits: Traits) -> None:
    # Archives need neither; but who has the choice of a store wants to know which nets are missing.
    is_complete = traits.conditional_create == "atomic" and traits.content_md5 == "enforced"
    _log.log(logging.INFO if is_complete else logging.WARNING, "%s: %s", place, traits)
