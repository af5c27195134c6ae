"""A PostgreSQL server of the machine's own package, for tests: on loopback, with a data directory of its own.

The server refuses to run as root, so that root starts it as an account that has nothing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_ACCOUNT = "nobody"
_SECONDS = 60
_PASSWORD = "a-secret-of-the-test"


class PostgreSQL:
    """A server with its data directory; it can be killed and started again in the same place.

    Args:
        directory: Where its data lie, in `data`.
        port: Where it listens.

    Attributes:
        address: The URL of a database in it, for SQLAlchemy.
        password: What stands in that URL and must stand nowhere else.
    """

    def __init__(self, directory: Path, port: int) -> None:
        self.password = _PASSWORD
        self.address = f"postgresql://tester:{_PASSWORD}@127.0.0.1:{port}/postgres"
        self._directory = directory
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and return when it answers."""
        self._process = subprocess.Popen(
            _as_account(
                *(str(_program("postgres")), "-D", str(self._directory / "data")),
                *("-h", "127.0.0.1", "-p", str(self._port), "-k", str(self._directory)),
                *("-c", "fsync=off", "-c", "max_connections=20"),
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        _until_ready(self._port, self._process)

    def kill(self) -> None:
        """End the server as a crash does, with all its processes."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(_SECONDS)

    def stop(self) -> None:
        """End the server, where it runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(_SECONDS)


@contextlib.contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """Start a server and stop it at the end.

    Raises:
        FileNotFoundError: PostgreSQL is not installed.
    """
    directory = Path(tempfile.mkdtemp(prefix="broadsheet-postgresql-", dir="/tmp"))
    data, password = directory / "data", directory / "password"
    password.write_text(_PASSWORD)
    if os.geteuid() == 0:
        for path in (directory, password):
            shutil.chown(path, _ACCOUNT)
    port = _free_port()
    server = PostgreSQL(directory, port)
    try:
        _run("initdb", "-D", str(data), "-U", "tester", "-A", "md5", f"--pwfile={password}", "--no-sync", "-E", "UTF8")
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(directory)


def _program(name: str) -> Path:
    """Where a program of the server lies: Debian keeps those of each version apart."""
    found = shutil.which(name)
    candidates = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if found:
        return Path(found)
    if not candidates:
        raise FileNotFoundError(f"PostgreSQL is not installed: there is no {name}; apt-get install postgresql")
    return candidates[-1]


def _as_account(*command: str) -> list[str]:
    if os.geteuid():
        return list(command)
    return ["setpriv", f"--reuid={_ACCOUNT}", "--regid=nogroup", "--clear-groups", *command]


def _run(program: str, *arguments: str) -> None:
    subprocess.run(_as_account(str(_program(program)), *arguments), check=True, capture_output=True, cwd="/")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _SECONDS
    while True:
        ready = subprocess.run(
            [_program("pg_isready"), "-h", "127.0.0.1", "-p", str(port)], check=False, capture_output=True
        )
        if not ready.returncode:
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start on port {port}")
        time.sleep(0.05)
