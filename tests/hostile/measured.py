"""What came of a crawl of hostile cases, and whether it is what is promised.

The cases themselves take hundreds of megabytes; only the process that serves them makes them.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from hostile import namespace
from msgspec import Struct

_MIB = 1024 * 1024
# What it may take to write down what had come when the deadline passed.
_GRACE = 5.0
_TESTS = Path(__file__).parents[1]


class Measured(Struct, kw_only=True):
    """What came of one group.

    Attributes:
        group: Its name.
        cases: How many hosts there were.
        requests: How many the site was sent.
        canary: What was connected to beside the site.
        crawl_memory: The most memory of the crawl's process, in bytes.
        reader_memory: The most memory of any reader.
        seconds: How long the crawl took.
        longest: The longest exchange, in seconds.
        status: The exit status.
        summary: What the crawl said of itself.
        lost: URLs with more exchanges than records.
        altered: URLs whose record is not what was sent.
        unmarked: Cut-off answers that do not say so, and whole ones that do.
        silent: Cases of which the archive should hold something and holds nothing.
        tracebacks: Whether stderr has any.
        defects: What `verify --deep` said, where it was not content.
        stderr: What was said there.
    """

    group: str
    cases: int
    requests: int
    canary: list[str]
    crawl_memory: int
    reader_memory: int
    seconds: float
    longest: float
    status: int
    summary: dict[str, Any]
    lost: list[str]
    altered: list[str]
    unmarked: list[str]
    silent: list[str]
    tracebacks: bool
    defects: str
    stderr: str


@contextmanager
def measured(groups: Iterable[str], *, deadline: float) -> Iterator[Iterator[Measured]]:
    """Crawl groups of cases, and give what came of each as soon as it is over.

    Args:
        groups: Names of `GROUPS`; those joined by "+" are crawled at once.
        deadline: How many seconds a fetch may last in all.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = namespace.python("-m", "hostile.measure", folder, str(deadline), *groups)
        environment = {**os.environ, "PYTHONPATH": str(_TESTS)}
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
            assert process.stdout is not None
            yield (msgspec.json.decode(line, type=Measured) for line in process.stdout)
        if process.returncode:
            raise RuntimeError(f"the measurement ended with status {process.returncode}")


def failures_of(of: Measured, *, deadline: float) -> list[str]:
    """Return in which ways a group missed its goals."""
    checks = {
        "the canary was reached": of.canary,
        "the crawl took too much memory": of.crawl_memory > 512 * _MIB and [f"{of.crawl_memory // _MIB} MiB"],
        "a reader took too much memory": of.reader_memory > 512 * _MIB and [f"{of.reader_memory // _MIB} MiB"],
        "a fetch took too long": of.longest > deadline + _GRACE and [f"{of.longest:.1f} s"],
        "an answer was not archived": of.lost,
        "an answer is not archived as it was sent": of.altered,
        "an answer is not marked as it should be": of.unmarked,
        "a case left nothing": of.silent,
        "an error without a class": of.tracebacks and [of.stderr[-3000:]],
        "an odd exit status": of.status not in {0, 1} and [f"{of.status}: {of.stderr[-1000:]}"],
        "verify --deep": of.defects and [of.defects],
    }
    return [f"{what}: {'; '.join(map(str, found))}"[:4000] for what, found in checks.items() if found]
