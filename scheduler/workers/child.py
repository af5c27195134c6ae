"""The process of one job: the command line, in a process that ends with the worker that started it.

``python -m broadsheet.scheduler.workers.child PARENT ARGUMENT...``. When the worker is gone, nobody would write down
what this process came to, and another would be started for the same job: so it is killed with it, and what it had
captured is in the spool.
"""

from __future__ import annotations

import logging
import os
import signal
import sys

from broadsheet.crawler.process.parentage import end_with_parent
from broadsheet.crawler.process.priority import give_way
from broadsheet.scheduler import cli
from broadsheet.scheduler.logs import log_to_stderr


def main() -> None:
    """Run the command that the arguments behind the number of the parent process make up."""
    parent = int(sys.argv[1])
    del sys.argv[1]
    end_with_parent()
    if os.getppid() != parent:
        sys.exit("the worker that started this job is gone")
    give_way()
    # A terminal's Ctrl-C is the worker's to pass on.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Events that the worker passes on as such, each with its level.
    log_to_stderr(as_json=True, level=logging.WARNING)
    cli.main()


if __name__ == "__main__":
    main()
