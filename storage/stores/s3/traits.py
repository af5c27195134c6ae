"""What a bucket's server does where S3-compatible servers differ, found out by asking it.

Nothing in an archive rests on it: keys are written once and puts are plain, whatever the server is like. It tells
which of the nets below that hold: whether a collision of keys can be noticed, and whether a body that was damaged
on its way is refused.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import msgspec
from botocore.exceptions import ClientError
from msgspec import Struct

from broadsheet.storage.errors import StoreError
from broadsheet.storage.stores.s3.bucket import Bucket, content_md5
from broadsheet.storage.stores.s3.failures import FOREIGN_ERRORS, describe, status

PREFIX = "probe/"

_ROUNDS, _RACES = 2, 5  # Swift was seen to have several winners in three of five
_RUNNERS = 4
_OK = 200
_CONFLICTS = {409, 412}
_TELLING = {*_CONFLICTS, 400, 422, 501}  # those of a bad digest, and of a header that is not known


class Traits(Struct, frozen=True, kw_only=True):
    """What a server does with what S3 promises.

    Attributes:
        conditional_create: What a PUT with ``If-None-Match: *`` does: creates for one writer only however many
            come at once, or for several (``racy``), overwrites (``ignored``), or is not understood (``refused``).
        list_order: How a listing is sorted: by the bytes of the keys, or directory by directory.
        content_md5: Whether a body that does not fit its ``Content-MD5`` is refused.
    """

    conditional_create: Literal["atomic", "racy", "ignored", "refused"]
    list_order: Literal["bytes", "directories"]
    content_md5: Literal["enforced", "ignored"]

    def __str__(self) -> str:
        return (
            f"conditional creation is {self.conditional_create}, listings are in the order of {self.list_order}, "
            f"Content-MD5 is {self.content_md5}"
        )


def probe(bucket: Bucket) -> Traits:
    """Find out what a bucket's server does.

    It puts some objects of a few bytes under ``probe/`` and removes them, or leaves them where it may not.

    Raises:
        StoreError: A request failed; nothing is known, and nothing but this question depends on it.
    """
    try:
        with _scratch(bucket) as directory:
            return Traits(
                conditional_create=_conditional_create(bucket, directory),
                list_order=_list_order(bucket, directory),
                content_md5=_content_md5(bucket, f"{directory}damaged"),
            )
    except FOREIGN_ERRORS as error:
        raise StoreError(f"{bucket.place} cannot be probed: {describe(error)}") from error


def read(path: Path) -> Traits | None:
    """Return the traits that were kept in a file, or None where there are none or they cannot be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Traits)
    except (OSError, msgspec.MsgspecError):
        return None


def keep(traits: Traits, path: Path) -> None:
    """Write traits to a file, whole or not at all; its directory is created."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_name(f".{path.name}-{os.getpid()}-{threading.get_ident()}")
    written.write_bytes(msgspec.json.encode(traits) + b"\n")
    written.replace(path)


@contextlib.contextmanager
def _scratch(bucket: Bucket) -> Iterator[str]:
    """Give a directory of the bucket that nobody else uses, and remove what was put there if that is allowed."""
    directory = f"{PREFIX}{secrets.token_hex(4)}/"
    try:
        yield directory
    finally:
        # A crawler needs no right to delete, so it may be refused.
        with contextlib.suppress(*FOREIGN_ERRORS):
            for key in _listed(bucket, directory):
                bucket.client.delete_object(**bucket.address(key))


def _conditional_create(bucket: Bucket, directory: str) -> Literal["atomic", "racy", "ignored", "refused"]:
    answers = [_create(bucket, f"{directory}twice", body) for body in (b"1", b"2")]
    if answers == [_OK, _OK]:
        return "ignored"
    if answers[0] != _OK or answers[1] not in _CONFLICTS:
        return "refused"
    for number in range(_ROUNDS):
        keys = [f"{directory}race{number}-{race}" for race in range(_RACES)]
        if set(_winners(bucket, keys)) != {1}:
            return "racy"
    return "atomic"


def _winners(bucket: Bucket, keys: list[str]) -> list[int]:
    """Let several create each object at once, and return how many are told that they did."""
    # All races at the same time, as many as there are connections for: SeaweedFS lets a loser wait for a second.
    start = threading.Barrier(_RUNNERS * len(keys))

    def run(key: str, number: int) -> bool:
        start.wait()
        return _create(bucket, key, b"%d" % number) == _OK

    with ThreadPoolExecutor(start.parties) as threads:
        running = [[threads.submit(run, key, number) for number in range(_RUNNERS)] for key in keys]
        return [sum(runner.result() for runner in runners) for runners in running]


def _list_order(bucket: Bucket, directory: str) -> Literal["bytes", "directories"]:
    for key in (f"{directory}order/a-", f"{directory}order/a/b"):
        bucket.client.put_object(**bucket.address(key), Body=b"")
    listed = _listed(bucket, f"{directory}order/")
    return "bytes" if listed == sorted(listed) else "directories"


def _content_md5(bucket: Bucket, key: str) -> Literal["enforced", "ignored"]:
    md5 = content_md5(b"what was sent")
    put = bucket.client.put_object
    answer = _status(bucket, lambda: put(**bucket.address(key), Body=b"what came", ContentMD5=md5))
    return "ignored" if answer == _OK else "enforced"


def _create(bucket: Bucket, key: str, body: bytes) -> int:
    """Create an object on the condition that there is none, and return the status of the answer."""
    put = bucket.client.put_object
    return _status(bucket, lambda: put(**bucket.address(key), Body=body, IfNoneMatch="*"))


def _status(bucket: Bucket, request: Callable[[], object]) -> int:
    """Make a request once and return the status of its answer, where that says something of the server's ways."""
    try:
        bucket.attempts.within(0, request)
    except ClientError as error:
        if (answer := status(error)) in _TELLING:
            return answer
        raise
    return _OK


def _listed(bucket: Bucket, directory: str) -> list[str]:
    answer = bucket.client.list_objects_v2(Bucket=bucket.name, Prefix=bucket.root + directory)
    return [found["Key"].removeprefix(bucket.root) for found in answer.get("Contents", [])]
