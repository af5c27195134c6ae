"""The bucket that an archive lies in, or the part of it below a prefix, and how its objects are asked for."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from broadsheet.storage.errors import ArchiveAddressError, StoreUnavailableError
from broadsheet.storage.stores.s3.attempts import DEADLINE, PATIENCE, Attempts
from broadsheet.storage.stores.s3.client import connect
from broadsheet.storage.stores.s3.failures import FOREIGN_ERRORS, advice, describe, is_transient

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3.type_defs import GetObjectRequestTypeDef, HeadObjectOutputTypeDef

_OPENING_DEADLINE = 3.0  # seconds: who has mistyped an endpoint hears of it soon
_NAME = r"(?!\.{1,2}(?:/|\Z))[0-9A-Za-z!_.*'()-]+"
_PREFIX = re.compile(rf"{_NAME}(?:/{_NAME})*")

_T = TypeVar("_T")


class Address(TypedDict):
    """Where an object lies, as every request of boto3 names it."""

    Bucket: str
    Key: str


def content_md5(data: bytes) -> str:
    """Return the value of a body's ``Content-MD5`` (RFC 1864), which servers check it by."""
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode("ascii")


class Bucket:
    """A bucket and a prefix in it, with the client that reaches them.

    Args:
        name: The bucket's name.
        prefix: What stands before every key, without a ``/`` at either end; may be empty.
        deadline: See `Attempts`.
        patience: See `Attempts`.
        connections: How many connections are kept.

    Attributes:
        client: The client; threads may share it.
        name: The bucket's name.
        root: What stands before every key, with its closing ``/``, or ``""``.
        url: Endpoint, bucket and prefix as one URL.
        place: The bucket, as messages name it.
        attempts: What requests are made with.

    Raises:
        ArchiveAddressError: There are no credentials, or the configuration or the prefix is invalid.
    """

    def __init__(
        self, name: str, prefix: str, *, deadline: float = DEADLINE, patience: float = PATIENCE, connections: int
    ) -> None:
        if prefix and not _PREFIX.fullmatch(prefix):
            raise ArchiveAddressError(
                f"not a prefix for an archive in a bucket: {prefix!r}: use letters, digits and !_.*'()- in "
                "components with one / between them"
            )
        self.name = name
        self.root = f"{prefix}/" if prefix else ""
        self.client = connect(connections=connections)
        endpoint = self.client.meta.endpoint_url
        self.url = f"{endpoint.rstrip('/')}/{name}/{prefix}".rstrip("/")
        self.place = f"bucket {name} at {endpoint}"
        self.attempts = Attempts(self.place, deadline=deadline, patience=patience)
        self._opening = Attempts(self.place, deadline=min(deadline, _OPENING_DEADLINE), patience=patience)

    def address(self, key: str) -> Address:
        """Return where the object of a key lies."""
        return {"Bucket": self.name, "Key": self.root + key}

    def check_access(self) -> None:
        """Ask whether the bucket is there and lets itself be listed.

        Raises:
            ArchiveAddressError: It is not; the message says what to check.
            StoreUnavailableError: Nobody answers; the message says what to check.
        """
        try:
            self._opening.repeat(lambda: self.client.list_objects_v2(Bucket=self.name, Prefix=self.root, MaxKeys=1))
        except FOREIGN_ERRORS as error:
            kind = StoreUnavailableError if is_transient(error) else ArchiveAddressError
            raise kind(f"cannot use {self.place}: {describe(error)}: {advice(error)}") from error

    def ask(self, done: str, key: str, request: Callable[[], _T], *, size: int | None = 0) -> _T:
        """Make a request about an object until it is answered. See `Attempts.ask`."""
        return self.attempts.ask(done, key, request, size=size)

    def read(self, key: str, span: str | None = None) -> bytes:
        """Return the bytes of an object, or a part of them.

        Args:
            key: The object's key.
            span: The part, as the value of a ``Range`` field (RFC 9110 section 14.2).
        """
        request: GetObjectRequestTypeDef = {"Bucket": self.name, "Key": self.root + key}
        if span is not None:
            request["Range"] = span

        def get() -> bytes:
            answer = self.attempts.within(0, lambda: self.client.get_object(**request))
            body = answer["Body"]
            # Reading to the end fails where less came than the answer's head had promised.
            return self.attempts.within(answer["ContentLength"], body.read, lambda: _shut_down(body))

        return self.ask("read", key, get, size=None)

    def head(self, key: str) -> HeadObjectOutputTypeDef:
        """Return what the server says of an object without giving it."""
        return self.ask("read", key, lambda: self.client.head_object(**self.address(key)))


def _shut_down(body: StreamingBody) -> None:
    """End a body that another thread is reading."""
    stream: Any = body.__enter__()  # the urllib3.HTTPResponse below it, which can be shut down
    stream.shutdown()
