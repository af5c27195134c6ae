"""Tokens: who may read, ask for crawls, or do everything. The file holds their SHA-256 digests and never a token."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
import stat
from pathlib import Path
from threading import Lock
from typing import Literal, get_args

from msgspec import Struct

from broadsheet.scheduler.jobs.model import SCHEDULE
from broadsheet.scheduler.regular_files import read_regular_file

Scope = Literal["read", "crawl", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)  # Each may do what those before it may.

_log = logging.getLogger(__name__)

_PREFIX = "broadsheet_"  # Scanners for leaked secrets, and people, see what it is.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LINE = re.compile(rf"(?P<name>{_NAME.pattern})\s+(?P<scope>{'|'.join(SCOPES)})\s+sha256:(?P<digest>[0-9a-f]{{64}})")


class TokenFileError(Exception):
    """The file of tokens cannot be used; says which line, and never what is in it."""


class Holder(Struct, frozen=True, kw_only=True):
    """Who a token was given to, and what it allows."""

    name: str
    scope: Scope

    def may(self, scope: Scope) -> bool:
        """Tell whether the holder may do what needs a scope."""
        return SCOPES.index(self.scope) >= SCOPES.index(scope)


def make(name: str, scope: Scope) -> tuple[str, str]:
    """Return a new token and its line for the file.

    Raises:
        ValueError: The name is none.
    """
    if not _NAME.fullmatch(name) or name == SCHEDULE:
        raise ValueError(f"{name!r} is no name for a token: use up to 64 letters, digits and ._-, but not {SCHEDULE!r}")
    token = _PREFIX + secrets.token_urlsafe(32)
    # A token has 256 bits of chance: nobody finds it by trying, so a fast digest without salt hides it.
    return token, f"{name} {scope} sha256:{hashlib.sha256(token.encode()).hexdigest()}"


class Tokens:
    """The tokens of a file, read again when it changes. Safe to use from several threads.

    Args:
        path: One line a token, as `make` returns it; empty lines and those that begin with ``#`` are passed over.
            None where there are no tokens.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = Lock()
        self._read_at: tuple[int, ...] | None = None
        self._holders: list[tuple[bytes, Holder]] = []
        self._trouble: str | None = None

    def holder(self, token: str) -> Holder | None:
        """Return who a token was given to, or None.

        Raises:
            TokenFileError: The file cannot be read, or a line of it is none: nobody is let in until it is mended.
        """
        asked = hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest().encode()
        found = None
        for digest, holder in self._current():
            # Every digest is compared, each in the same time: how long it takes tells nothing.
            if hmac.compare_digest(digest, asked):
                found = holder
        return found

    def check(self) -> None:
        """Look at the file.

        Raises:
            TokenFileError: As `holder`.
        """
        self._current()

    def is_usable(self) -> bool:
        """Tell whether the file can be used."""
        try:
            self.check()
        except TokenFileError:
            return False
        return True

    def _current(self) -> list[tuple[bytes, Holder]]:
        if self._path is None:
            return []
        with self._lock:
            try:
                self._look(self._path)
            except TokenFileError as error:
                self._read_at = None
                if str(error) != self._trouble:
                    _log.error("nobody who needs a token is let in: %s", error)
                self._trouble = str(error)
                raise
            if self._trouble is not None:
                _log.info("%s can be read again", self._path)
            self._trouble = None
            return self._holders

    def _look(self, path: Path) -> None:
        try:
            changed = _state(path)
        except OSError as error:
            raise TokenFileError(f"{path}: the tokens cannot be read: {error.strerror}") from None
        if changed != self._read_at:
            self._holders = read(path)
            self._read_at = changed
            # To read it lets nobody in: it holds digests alone.
            if path.stat().st_mode & stat.S_IWOTH:
                _log.warning("%s: everybody on this machine can write to it, and so let themselves in: chmod o-w", path)


def _state(path: Path) -> tuple[int, ...]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size, found.st_ino


def read(path: Path) -> list[tuple[bytes, Holder]]:
    """Return the digests of a file of tokens, in hexadecimal digits, each with whom it lets in.

    Raises:
        TokenFileError: It cannot be read, or a line of it is none.
    """
    try:
        lines = read_regular_file(path).decode().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise TokenFileError(f"{path}: the tokens cannot be read: {reason}") from None
    holders = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None or match["name"] == SCHEDULE:
            raise TokenFileError(f"{path}: line {number} is none that `broadsheet token` printed")
        scope: Scope = match["scope"]  # type: ignore[assignment]  # the pattern names the scopes
        holders.append((match["digest"].encode(), Holder(name=match["name"], scope=scope)))
    return holders
