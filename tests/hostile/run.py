"""Measures a crawl against everything hostile that we know, and prints a table.

::

    PYTHONPATH=tests python -m hostile.run [--deadline SECONDS] [GROUP...]

It needs Linux, `ip`, and the right to make namespaces. Nothing leaves the machine.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from hostile import namespace
from hostile.groups import GROUPS
from hostile.measure import Measured

_MIB = 1024 * 1024
# What it may take to write down what had come when the deadline passed.
_GRACE = 5.0
_TESTS = Path(__file__).parents[1]


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


def main() -> int:
    """Print the table; return 1 where a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(GROUPS))
    parser.add_argument("--deadline", type=float, default=55.0)
    given = parser.parse_args()
    missed = False
    print(f"{'group':<10} cases requests canary crawl MiB reader MiB longest s seconds exit failures")
    with measured(given.groups or list(GROUPS), deadline=given.deadline) as results:
        for of in results:
            failures = failures_of(of, deadline=given.deadline)
            missed = missed or bool(failures)
            print(
                f"{of.group:<10} {of.cases:5} {of.requests:8} {len(of.canary):6} {of.crawl_memory // _MIB:9} "
                f"{of.reader_memory // _MIB:10} {of.longest:9.1f} {of.seconds:7.1f} {of.status:4} {len(failures):8}",
                flush=True,
            )
            for failure in failures:
                print(f"    {failure}", flush=True)
    return 1 if missed else 0


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


if __name__ == "__main__":
    sys.exit(main())
