"""Programs that come with the dependency group `test`, run in a directory that is gone afterwards."""

from __future__ import annotations

import shutil
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar


class Server(Protocol):
    """What is started in its directory, and killed."""

    def start(self) -> None:
        """Return when it answers."""

    def kill(self) -> None:
        """End it at once."""


AnyServer = TypeVar("AnyServer", bound=Server)


@contextmanager
def running(make: Callable[[Path], AnyServer], prefix: str) -> Iterator[AnyServer]:
    """Run a server in an empty directory.

    Args:
        make: Makes the server, given its directory.
        prefix: What the name of the directory begins with; it is short, since unix sockets may lie in it.
    """
    directory = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        server = make(directory)
        try:
            server.start()
            yield server
        finally:
            server.kill()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def program(name: str, distribution: str) -> str:
    """Return the path of a program of a distribution."""
    found = shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name)
    if found is None:
        raise RuntimeError(f"{name} is not installed: the dependency group 'test' has it ({distribution})")
    return found
