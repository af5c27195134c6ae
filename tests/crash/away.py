"""A real archive in a bucket, behind a proxy that can take it away from the command and from nobody else."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from end_to_end import impatient
from end_to_end.command import Broadsheet
from servers.faulty_proxy import Fault, FaultyProxy, SeenRequest, faulty_proxy
from servers.seaweedfs import SeaweedFS

from broadsheet.storage.archive import Archive

_UNAVAILABLE = 503


@dataclass(frozen=True)
class Away:
    """An archive in a bucket, behind a proxy that can take it away.

    Attributes:
        broadsheet: The command, with the archive behind the proxy.
        proxy: The proxy.
        state: Where the command keeps its spool.
        archive: The archive, read past the proxy.
    """

    broadsheet: Broadsheet
    proxy: FaultyProxy
    state: Path
    archive: Archive

    def take_away(self) -> None:
        """Have the store answer nothing but 503."""
        self.proxy.fault_for_all = _UNAVAILABLE

    def bring_back(self) -> None:
        """Have the store answer again."""
        self.proxy.fault_for_all = None

    def segments(self) -> list[Path]:
        """The WARC segments that lie in the spool."""
        return list(self.state.rglob("*.warc.gz"))

    def spool_bytes(self) -> int:
        """How much lies in the spool now."""
        return sum(_size(path) for path in self.state.rglob("*") if "/spool/" in str(path))

    def with_patience(self, seconds: float) -> Broadsheet:
        """The command, with another time for which the end of a crawl waits for the store."""
        return Broadsheet(
            self.broadsheet.archive, self.broadsheet.environment, (*self.broadsheet.program[:2], str(seconds))
        )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0  # published meanwhile


@contextlib.contextmanager
def archive_behind_proxy(
    directory: Path,
    seaweedfs: SeaweedFS,
    decide: Callable[[int, SeenRequest], Fault | None] | None = None,
    *,
    program: str = impatient.__file__,
) -> Iterator[Away]:
    """Make an archive in a bucket of its own.

    Args:
        directory: Where the command keeps its state.
        seaweedfs: The server of the bucket, whose `environment` this process has.
        decide: See `FaultyProxy`.
        program: What stands in for the command; it waits 20 seconds for a store at the end of a crawl.
    """
    uri = seaweedfs.uri(seaweedfs.make_bucket(), "archive")
    with faulty_proxy(seaweedfs.endpoint, decide=decide) as proxy:
        environment = {
            **seaweedfs.environment,
            "AWS_ENDPOINT_URL_S3": proxy.endpoint,
            "BROADSHEET_STATE": str(directory / "state"),
            "PYTHONPATH": str(Path(__file__).parents[1]),  # for programs that stand in
        }
        broadsheet = Broadsheet(uri, environment, program=(sys.executable, program, "20"))
        yield Away(broadsheet, proxy, directory / "state", Archive.open(uri))
