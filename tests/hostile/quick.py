"""Runs the real command without courtesy and with a short deadline, so that hundreds of hosts take a minute.

::

    python quick.py DEADLINE [arguments of broadsheet]

DEADLINE is how many seconds a fetch may last in all.
"""

from __future__ import annotations

import sys

from broadsheet.crawler import settings
from broadsheet.scheduler import cli


def main() -> None:
    """Run the command."""
    settings.FETCH_DEADLINE = float(sys.argv.pop(1))  # type: ignore[assignment]
    settings.DOWNLOAD_DELAY = 0.0
    settings.RETRY_TIMES = 1
    cli.main()


if __name__ == "__main__":
    main()
