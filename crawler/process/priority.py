"""A process whose work can wait leaves the processors to those whose work cannot."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_NICENESS = 5
# sched(7), "The autogroup feature": where sessions get equal shares, niceness counts within a session alone, and this
# is that of the session.
_OF_THE_SESSION = Path("/proc/self/autogroup")


def give_way() -> None:
    """Have this process, all that it starts and its session get what others leave of the processors.

    A service answers while its crawls keep every processor busy.
    """
    os.nice(_NICENESS)
    with contextlib.suppress(OSError):  # Not every kernel has it.
        _OF_THE_SESSION.write_text(str(_NICENESS))
