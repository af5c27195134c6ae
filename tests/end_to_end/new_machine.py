"""Runs the real command as on a machine that has to read so much of the archive that it fetches meanwhile.

::

    python new_machine.py SECONDS [arguments of broadsheet]

SECONDS is how long the end of a crawl waits for the store.
"""

from __future__ import annotations

from end_to_end import impatient

from broadsheet.crawler.recovery import preparation


def main() -> None:
    """Run the command."""
    preparation._READ_AT_ONCE = -1
    impatient.main()


if __name__ == "__main__":
    main()
