"""CPU time of a command and of every process it starts, whoever waits for them.

`wait4` reports a child together with the descendants which that child has itself waited for. A worker that
its parent never waits for (Python's forkserver is one) would be missing. So commands run under a small
process that declares itself their subreaper (prctl(2), PR_SET_CHILD_SUBREAPER, Linux): orphans become its
children, and it waits for all. A process is counted exactly once: by its parent if that waited, by the
subreaper if not.
"""

import argparse
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_ROOT = Path(__file__).parents[2]
_ERROR_TAIL = 2_000


class CommandFailedError(Exception):
    """A measured command failed, or left processes running: its figures would mean nothing."""


@dataclass(frozen=True)
class Measurement:
    """What a command cost.

    Attributes:
        cpu_seconds: User and system time of all its processes.
        wall_seconds: From its start to the end of its last process.
        output: What it wrote to standard output.
    """

    cpu_seconds: float
    wall_seconds: float
    output: str


def measure(
    command: Sequence[str], *, environment: dict[str, str] | None = None, time_limit: float = 3600
) -> Measurement:
    """Runs a command from the repository's root to the end of all its processes.

    Args:
        command: The program and its arguments.
        environment: Variables to set beside those of this process.
        time_limit: Seconds after which everything is killed.

    Raises:
        CommandFailedError: It ended with another code than 0, or not within the time limit.
    """
    report, report_end = os.pipe()
    with os.fdopen(report, encoding="utf-8") as report_stream:
        meter = subprocess.Popen(
            [sys.executable, "-m", __name__, str(report_end), *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[report_end],
            start_new_session=True,
            env=os.environ | (environment or {}),
            cwd=_ROOT,
            text=True,
        )
        os.close(report_end)
        try:
            output, errors = meter.communicate(timeout=time_limit)
        except BaseException as error:
            os.killpg(meter.pid, signal.SIGKILL)
            meter.communicate()
            if isinstance(error, subprocess.TimeoutExpired):
                raise CommandFailedError(f"{_shown(command)} was still running after {time_limit} s") from error
            raise
        report_text = report_stream.read()
    if meter.returncode != 0:
        raise CommandFailedError(
            f"{_shown(command)} ended with code {meter.returncode}:\n{(output + errors)[-_ERROR_TAIL:]}"
        )
    return Measurement(output=output, **json.loads(report_text))


def _shown(command: Sequence[str]) -> str:
    return " ".join(command[:6]) + (" ..." if len(command) > 6 else "")


def _become_subreaper() -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"cannot become the subreaper of measured commands: {os.strerror(code)}")


def _wait_for_all(main_process: int) -> tuple[float, int]:
    """Waits until no descendant is left; returns their CPU seconds and the exit code of the main process."""
    cpu_seconds, exit_code = 0.0, 1
    while True:
        try:
            process, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return cpu_seconds, exit_code
        cpu_seconds += usage.ru_utime + usage.ru_stime
        if process == main_process:
            exit_code = os.waitstatus_to_exitcode(status)


def main() -> None:
    """Runs as the subreaper: `meter.py REPORT_DESCRIPTOR COMMAND...`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report_descriptor", type=int)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    _become_subreaper()
    started = time.monotonic()
    process = os.posix_spawnp(
        arguments.command[0],
        arguments.command,
        os.environ,
        file_actions=[(os.POSIX_SPAWN_CLOSE, arguments.report_descriptor)],
    )
    cpu_seconds, exit_code = _wait_for_all(process)
    report = {"cpu_seconds": cpu_seconds, "wall_seconds": time.monotonic() - started}
    os.write(arguments.report_descriptor, json.dumps(report).encode())
    sys.exit(exit_code if exit_code >= 0 else 128 - exit_code)


if __name__ == "__main__":
    main()
