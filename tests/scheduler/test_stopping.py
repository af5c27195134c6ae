"""What runs until it is told to end is over in time, whatever hangs and however often it is told."""

from __future__ import annotations

import signal
import subprocess
import sys

_HANGS = """
import hashlib, logging
from broadsheet.scheduler.stopping import Stop
logging.basicConfig(format="%(message)s")
with Stop(seconds=0.3):
    print("begun", flush=True)
    # In C, where no handler of Python's runs.
    hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)
"""


def test_a_process_that_hangs_is_left_when_its_time_is_over_and_says_so() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HANGS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        try:
            for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT):
                process.send_signal(number)
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()

    assert process.returncode == 0, said
    assert said.splitlines() == [
        "not everything has ended within 0.3 s of the signal: it is left as it is, and goes on at the next start"
    ]
