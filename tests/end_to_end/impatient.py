"""Runs the real command with short times: what waits minutes for a store in earnest waits a moment here.

::

    python impatient.py SECONDS [arguments of broadsheet]

SECONDS is how long the end of a crawl waits for the store.
"""

from __future__ import annotations

import sys

from broadsheet.crawler.capturing import open_segment, patience
from broadsheet.scheduler import cli
from broadsheet.storage.stores.s3 import bucket as s3_bucket
from broadsheet.storage.stores.s3.attempts import Attempts

_REPEATED_FOR = 0.3
_SMALL_SEGMENT = 10_000


def main() -> None:
    """Run the command."""
    patience.PATIENCE = float(sys.argv.pop(1))
    patience.FIRST_PAUSE = 0.1
    patience.LONGEST_PAUSE = 1.0
    open_segment.SEGMENT_BYTES = _SMALL_SEGMENT
    s3_bucket.Attempts = _short_attempts  # type: ignore[assignment,attr-defined]  # that is the test
    cli.main()


def _short_attempts(place: str, *, deadline: float, patience: float) -> Attempts:
    return Attempts(place, deadline=min(deadline, _REPEATED_FOR), patience=patience)


if __name__ == "__main__":
    main()
