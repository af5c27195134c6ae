"""A second S3 server for tests, of other make: OpenStack Swift with s3api, one node on loopback.

It answers slowly, lists by the bytes of the keys, and lets several writers win a conditional creation: what
SeaweedFS forgives shows here. It is a proxy and three servers with one disk, each a process; Swift keeps the
metadata of objects in user attributes of files, which the file system of the temporary directory must have.
"""

from __future__ import annotations

import configparser
import contextlib
import getpass
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from servers.installed import program, running
from servers.s3_access import S3Access

_STORES = ("account", "container", "object")
_START_SECONDS = 90
_PIPELINE = "catch_errors gatekeeper healthcheck cache listing_formats s3api tempauth copy slo dlo"
# What swift-ring-builder does in three runs for each ring.
_RINGS = """
import sys
from swift.common.ring import RingBuilder
for place in sys.argv[1:]:
    store, port = place.split(":")
    builder = RingBuilder(6, 1, 1)
    disk = {"region": 1, "zone": 1, "ip": "127.0.0.1", "port": int(port), "device": "disk", "weight": 1}
    builder.add_dev(disk | {"replication_ip": "127.0.0.1", "replication_port": int(port), "meta": ""})
    builder.rebalance()
    builder.get_ring().save(store + ".ring.gz")
"""
# The daemons, unlike the servers, look for swift.conf in /etc only.
_UPDATER = """
import sys
from swift.common import utils
utils.SWIFT_CONF_FILE = sys.argv[1] + "/swift.conf"
sys.argv = ["swift-object-updater", sys.argv[1] + "/object-server.conf", "-v"]
from swift.obj.updater import main
main()
"""


class Swift(S3Access):
    """One node with its data directory; no process of it outlives `kill`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._ports = dict(zip(("proxy", *_STORES), _free_ports(1 + len(_STORES)), strict=True))
        self._processes: list[subprocess.Popen[bytes]] = []
        super().__init__(f"http://127.0.0.1:{self._ports['proxy']}", "test:tester", secrets.token_hex(20))

    def start(self) -> None:
        """Start the node and return when it stores and gives back an object."""
        for name in ("srv/disk", "cache"):
            (self.directory / name).mkdir(parents=True)
        self._configure()
        places = [f"{store}:{self._ports[store]}" for store in _STORES]
        subprocess.run([sys.executable, "-c", _RINGS, *places], cwd=self.directory, check=True, capture_output=True)
        for server in (*_STORES, "proxy"):
            self._run(program(f"swift-{server}-server", "swift"), f"{self.directory}/{server}-server.conf", "-v")
        self._run(sys.executable, "-c", _UPDATER, str(self.directory))
        deadline = time.monotonic() + _START_SECONDS
        while not self.is_storing:
            if time.monotonic() > deadline or any(process.poll() is not None for process in self._processes):
                raise RuntimeError(f"Swift did not start on the ports {self._ports}: {self._log()}")
            time.sleep(0.1)

    def kill(self) -> None:
        """End all of it at once."""
        for process in self._processes:
            # Servers have children; each was started as the leader of a group of its own.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._processes.clear()

    def _run(self, *command: str) -> None:
        with (self.directory / "swift.log").open("ab") as log:
            self._processes.append(
                subprocess.Popen(
                    command,
                    cwd=self.directory,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    def _configure(self) -> None:
        self._write("swift.conf", {"swift-hash": {"swift_hash_path_suffix": secrets.token_hex(8)}})
        filters = {f"filter:{name}": {"use": f"egg:swift#{name}"} for name in _PIPELINE.split()}
        filters["filter:cache"] = {"use": "egg:swift#memcache", "memcache_servers": "127.0.0.1:1"}
        filters["filter:s3api"] |= {"location": "us-east-1", "auth_pipeline_check": "false"}
        filters["filter:tempauth"] |= {"user_test_tester": f"{self.secret_key} .admin"}
        self._write(
            "proxy-server.conf",
            {
                "DEFAULT": self._common("proxy"),
                "pipeline:main": {"pipeline": f"{_PIPELINE} proxy-server"},
                "app:proxy-server": {
                    "use": "egg:swift#proxy",
                    "account_autocreate": "true",
                    "allow_account_management": "true",
                },
                **filters,
            },
        )
        for store in _STORES:
            self._write(
                f"{store}-server.conf",
                {
                    "DEFAULT": self._common(store),
                    "pipeline:main": {"pipeline": f"{store}-server"},
                    f"app:{store}-server": {"use": f"egg:swift#{store}"},
                    f"{store}-replicator": {},
                    f"{store}-updater": {"interval": "2"},
                    f"{store}-auditor": {},
                },
            )

    def _common(self, server: str) -> dict[str, str]:
        return {
            "bind_ip": "127.0.0.1",
            "bind_port": str(self._ports[server]),
            "workers": "1",
            "user": getpass.getuser(),
            "swift_dir": str(self.directory),
            "devices": str(self.directory / "srv"),
            "mount_check": "false",
            "log_level": "WARNING",
            "log_address": str(self.directory / "no-log"),
            "recon_cache_path": str(self.directory / "cache"),
        }

    def _write(self, name: str, sections: Mapping[str, Mapping[str, str]]) -> None:
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_dict(sections)
        with (self.directory / name).open("w") as file:
            parser.write(file)

    def _log(self) -> str:
        return (self.directory / "swift.log").read_text(errors="replace")[-2000:]


@contextlib.contextmanager
def swift() -> Iterator[Swift]:
    """Run a node with an empty disk; both are gone afterwards."""
    with running(Swift, "swift-") as server:
        yield server


def _free_ports(count: int) -> list[int]:
    """Find ports below the range from which the system gives out ports itself."""
    ports: list[int] = []
    with contextlib.ExitStack() as held:
        while len(ports) < count:
            port = 21000 + secrets.randbelow(9000)
            with contextlib.suppress(OSError):
                held.enter_context(socket.socket()).bind(("127.0.0.1", port))
                ports.append(port)
    return ports
