"""The object store: where the bytes of an archive lie, in a folder or behind the S3 protocol.

The protocol is small on purpose: PUT, GET, ranged GET, HEAD, LIST and DELETE of one object are all that every
S3-compatible server does alike. Nothing here needs conditional writes, bucket versioning or rename: keys are
derived from content and written once, so that a repeated put is harmless and no writer ever needs a lock.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import unquote

from broadsheet.storage.errors import ArchiveAddressError, InvalidKeyError, NoSuchObjectError

MAX_KEY_LENGTH = 512
MAX_COMPONENT_LENGTH = 128

_COMPONENT = rf"(?!\.)[0-9a-z._=-]{{1,{MAX_COMPONENT_LENGTH}}}(?<!\.versions)"
_KEY = re.compile(rf"(?=[a-z]){_COMPONENT}(?:/{_COMPONENT})*")


class ObjectEntry(NamedTuple):
    """One line of a listing: an object's key and its length in bytes."""

    key: str
    size: int


class ObjectStore(Protocol):
    """What an archive asks of the place it lies in.

    An implementation MUST be safe to use from several threads at once, MUST show an object whole or not at
    all, and MUST show it to every reader as soon as its put has returned. It retries what another attempt may
    cure (a lost connection, an overloaded or restarting server) until a deadline of its own, so a caller does
    not repeat a call at once; the caller's part is to keep what it wanted to put, and to come back later.

    Every method raises `StoreUnavailableError` when that deadline has passed, `InvalidKeyError` for a key
    that `validate_key` refuses, and another `StoreError` where the store refuses (a permission, a full disk);
    no exception of an underlying library gets out, and no message holds a secret.
    """

    def put(self, key: str, data: bytes | Path) -> None:
        """Store an object, durably by the time of the return.

        Repeating a put with the same bytes MUST be harmless, also from several threads, processes or machines
        at once. A key has the same bytes for ever, which is the caller's duty: keys are derived from content.
        An implementation that can see other bytes under the key MUST leave them alone and raise; one that
        cannot (S3 without conditional writes) replaces them.

        A key MUST NOT be the directory of another (``a`` beside ``a/b``): a file system cannot hold both.

        Args:
            key: Where to store it.
            data: The bytes, or the path of a local file that holds them and does not change meanwhile. A file
                is read piece by piece: memory does not grow with its length.

        Raises:
            KeyCollisionError: Other bytes are stored under that key; they are still there.
            ArchiveDamagedError: The store acknowledged the object and now shows another one.
        """
        ...

    def get(self, key: str) -> bytes:
        """Return the bytes of an object.

        Raises:
            NoSuchObjectError: There is no object under that key.
        """
        ...

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes of an object, from byte `offset` on.

        Raises:
            NoSuchObjectError: There is no object under that key.
            ArchiveDamagedError: The object ends before `offset` + `length`.
            ValueError: `offset` or `length` is negative.
        """
        ...

    def size(self, key: str) -> int:
        """Return the length of an object in bytes.

        Raises:
            NoSuchObjectError: There is no object under that key.
        """
        ...

    def list(self, prefix: str = "") -> Iterator[ObjectEntry]:
        """Go through the objects under a directory, at any depth, in the order of their keys as bytes.

        The listing MUST be read while it is gone through, never held as a whole. It MUST have every object
        whose put had returned when it began; one that is put meanwhile may be missing or come late. Names
        that are no keys (see `validate_key`), such as those that begin with a dot, are not listed.

        Args:
            prefix: A directory with its closing ``/``, or ``""`` for the whole store. One that holds nothing
                gives an empty listing.

        Raises:
            InvalidKeyError: `prefix` is no directory.
        """
        ...

    def directories(self, prefix: str = "") -> Iterator[str]:
        """Go through the names of the directories right below a directory, in the order of their bytes.

        It costs as many requests as it takes to tell the names, however many objects lie below them. A
        directory all of whose objects were deleted may still be named.

        Args:
            prefix: A directory with its closing ``/``, or ``""`` for the whole store.

        Returns:
            One component each, without a ``/``: ``2026`` and ``2027`` for what ``warc/`` holds.

        Raises:
            InvalidKeyError: `prefix` is no directory.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove an object, durably by the time of the return. Removing what is not there is harmless.

        Only takedown, retention and the pruning of derived objects use it: no crawl ever deletes, and a
        crawler's credentials need no right to.
        """
        ...


def holds(store: ObjectStore, key: str) -> bool:
    """Tell whether there is an object under a key."""
    try:
        store.size(key)
    except NoSuchObjectError:
        return False
    return True


def is_key(text: str) -> bool:
    """Tell whether a text may be the key of an object: see `validate_key`."""
    return len(text) <= MAX_KEY_LENGTH and _KEY.fullmatch(text) is not None


def validate_key(key: str) -> None:
    """Refuse a key that some store would refuse, rewrite or hide.

    A key is made of ``0-9a-z._=-`` in components with ``/`` between them; it starts with a letter and has at
    most 512 bytes. A component has 1 to 128 bytes, starts with no dot (those names are local to a folder, and
    SeaweedFS keeps ``.uploads`` for itself) and does not end in ``.versions``.

    Raises:
        InvalidKeyError: With the rule that is broken.
    """
    if not is_key(key):
        raise InvalidKeyError(f"not an object's key: {_shortened(key)}: {_broken_rule(key)}")


def validate_prefix(prefix: str) -> None:
    """Refuse a listing prefix that is neither empty nor a directory with its closing ``/``.

    Whole directories are all that can be listed: a folder and SeaweedFS know no others.

    Raises:
        InvalidKeyError: With the rule that is broken.
    """
    if prefix and not prefix.endswith("/"):
        raise InvalidKeyError(f"not a directory to list: {_shortened(prefix)}: it must end with '/'")
    if prefix:
        validate_key(prefix[:-1])


def repeated(store: ObjectStore) -> int:
    """Return how many requests to a store were repeated since it was opened, for a reason that may pass.

    Of a store that asks for nothing again, such as a folder, that is 0.
    """
    count: int = getattr(store, "repeated", 0)
    return count


def open_store(uri: str, *, deadline: float | None = None, ask: bool = True) -> ObjectStore:
    """Open the store that an archive's address names.

    A folder need not exist: it is made by the first put. A bucket must exist and is asked once, unless told otherwise.

    Args:
        uri: A folder's path, ``file:///path`` or ``s3://bucket/prefix``. Credentials, region and endpoint of
            a bucket come from the standard AWS environment and configuration files.
        deadline: Seconds for which a request to a bucket is repeated that fails for a reason that may pass; None for
            two minutes.
        ask: Whether a bucket is asked if it is there.

    Raises:
        ArchiveAddressError: The address is none of these, or what it names cannot be used; the message says
            what to do.
        StoreUnavailableError: The server of a bucket does not answer.
    """
    if not uri.strip() or "\0" in uri:
        raise _not_an_address(uri, "it is empty or has a zero byte")
    if uri.startswith("s3:"):
        return _open_bucket(uri, deadline, ask=ask)
    if uri.startswith("file:"):
        return _open_folder(_file_uri_path(uri))
    if "://" in uri:
        raise _not_an_address(uri, f"{uri.partition('://')[0]!r} is no kind of archive")
    return _open_folder(Path(uri))


def _open_folder(path: Path) -> ObjectStore:
    from broadsheet.storage.stores.folder import FolderStore

    return FolderStore(path)


def _open_bucket(uri: str, deadline: float | None, *, ask: bool) -> ObjectStore:
    if "@" in uri:
        # What stands before an @ may be a secret: it is neither used nor repeated.
        raise ArchiveAddressError(
            "an archive's address holds no credentials: write s3://bucket/prefix, and set AWS_ACCESS_KEY_ID "
            "and AWS_SECRET_ACCESS_KEY"
        )
    bucket, _, prefix = uri.removeprefix("s3:").removeprefix("//").partition("/")
    if not uri.startswith("s3://") or not bucket:
        raise _not_an_address(uri, "the bucket is missing: s3://bucket/prefix")
    # Only who asks for a bucket pays for importing boto3.
    from broadsheet.storage.stores.s3.attempts import DEADLINE, PATIENCE
    from broadsheet.storage.stores.s3.store import S3Store

    deadline = DEADLINE if deadline is None else deadline
    store = S3Store(bucket, prefix.removesuffix("/"), deadline=deadline, patience=min(PATIENCE, deadline))
    if ask:
        store.check_access()
    return store


def _file_uri_path(uri: str) -> Path:
    host, _, path = uri.removeprefix("file:").removeprefix("//").partition("/")
    if not uri.startswith("file://") or host not in {"", "localhost"} or not path:
        raise _not_an_address(uri, "a file URI has three slashes: file:///srv/news")
    return Path("/" + unquote(path))


def _not_an_address(uri: str, reason: str) -> ArchiveAddressError:
    return ArchiveAddressError(
        f"not an archive's address: {_shortened(re.sub('//.*@', '//', uri))}: {reason}. "
        "Give a folder (./archive), file:///srv/news or s3://bucket/prefix"
    )


def _broken_rule(key: str) -> str:
    if not key:
        return "it is empty"
    if len(key) > MAX_KEY_LENGTH:
        return f"it has {len(key)} characters, {MAX_KEY_LENGTH} are allowed"
    if stranger := re.search(r"[^0-9a-z._=/-]", key):
        return f"{stranger[0]!r} is not of 0-9 a-z . _ = - /"
    if not "a" <= key[0] <= "z":
        return "it does not start with a letter"
    for component in key.split("/"):
        if not component:
            return "a component is empty"
        if component.startswith("."):
            return f"the component {component!r} starts with a dot"
        if component.endswith(".versions"):
            return f"the component {component!r} ends in '.versions'"
    return f"a component has more than {MAX_COMPONENT_LENGTH} characters"


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
