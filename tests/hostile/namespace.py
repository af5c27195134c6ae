"""A network of its own: this process sees no other machine, and every address there is leads back to it.

So the guard can be measured as it is in earnest, without ``--allow-private``: the hostile site has a public address,
and whatever else is connected to is the canary's, loopback included.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

NAME_SERVER = "127.0.0.53"
_MOUNT = ("mount", "--bind")
_UNSHARE = ("unshare", "--user", "--map-root-user", "--net", "--mount")


def is_possible() -> bool:
    """Whether this machine lets us have one."""
    if shutil.which("ip") is None or shutil.which("unshare") is None:
        return False
    tried = subprocess.run([*_UNSHARE, "ip", "link", "set", "lo", "up"], capture_output=True, check=False)
    return tried.returncode == 0


def python(*arguments: str) -> list[str]:
    """Return the command that runs Python there."""
    return [*_UNSHARE, sys.executable, *arguments]


def prepare(folder: Path) -> None:
    """In the namespace: lead every address here, and every name to our name server.

    Args:
        folder: Where the files are written that stand in for the machine's.
    """
    for command in (
        "ip link set lo up",
        "ip route add local 0.0.0.0/0 dev lo",
        "ip -6 route add local ::/0 dev lo",
    ):
        subprocess.run(command.split(), check=True)
    for path, text in {
        "/etc/resolv.conf": f"nameserver {NAME_SERVER}\n",
        "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
        "/etc/nsswitch.conf": "hosts: files dns\n",
    }.items():
        if not Path(path).exists():
            continue
        ours = folder / Path(path).name
        ours.write_text(text)
        subprocess.run([*_MOUNT, str(ours), path], check=True)
