"""Measures a crawl against everything hostile that we know, and prints a table.

::

    PYTHONPATH=tests python -m hostile.run [--deadline SECONDS] [GROUP...]

It needs Linux, `ip`, and the right to make namespaces. Nothing leaves the machine.
"""

from __future__ import annotations

import argparse
import sys

from hostile.groups import GROUPS
from hostile.measured import failures_of, measured

_MIB = 1024 * 1024


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


if __name__ == "__main__":
    sys.exit(main())
