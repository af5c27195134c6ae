"""Resolve requirements/*.txt from pyproject.toml, or tell whether they are in step with it (``--check``).

Each file carries a digest of what it was resolved from. The check compares that digest instead of resolving
again: a release's list of hashes grows when its authors upload another wheel, and that must fail no build.
Whether the pins are complete and fit together is told by ``pip install --require-hashes``, at every install.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
REQUIREMENTS = REPOSITORY / "requirements"
OLDEST_PYTHON = "3.11"
# A file is named for what it lets you do; runtime comes first, because check is held to its pins.
SOURCES = {
    "runtime": ["pyproject.toml"],
    "check": [
        "pyproject.toml",
        "--all-extras",
        "--group=test",
        "--group=check",
        "--constraint=requirements/runtime.txt",
    ],
    "build": ["-"],
}


def main() -> int:
    """Refresh the lock files, or check them; returns the exit code."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    mode = arguments.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="only tell whether the files are in step")
    mode.add_argument("--upgrade", action="store_true", help="take the newest releases that are allowed")
    chosen = arguments.parse_args()
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    stamp = f"# inputs: sha256:{inputs_digest(project)}"
    if chosen.check:
        return check(stamp)
    for name in SOURCES:
        resolve(name, project["build-system"]["requires"], stamp, upgrade=chosen.upgrade)
    return 0


def inputs_digest(project: dict[str, Any]) -> str:
    """Return the SHA-256 of every statement of pyproject.toml that decides what is installed."""
    inputs = {
        "build-system": project["build-system"],
        "dependency-groups": project["dependency-groups"],
        "project": {
            name: project["project"].get(name) for name in ("requires-python", "dependencies", "optional-dependencies")
        },
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def check(stamp: str) -> int:
    """Return 1, and say which, where a file was resolved from something else than pyproject.toml says now."""
    stale = [name for name in SOURCES if stamp not in locked(name).splitlines()]
    for name in stale:
        print(f"requirements/{name}.txt: pyproject.toml has changed, run scripts/lock.py", file=sys.stderr)
    return 1 if stale else 0


def locked(name: str) -> str:
    """Return the text of a lock file, "" where there is none."""
    path = REQUIREMENTS / f"{name}.txt"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def resolve(name: str, build_requirements: list[str], stamp: str, *, upgrade: bool) -> None:
    """Write one lock file; pins that still fit stay, unless `upgrade` is asked for."""
    path = REQUIREMENTS / f"{name}.txt"
    command = [
        "uv",
        "pip",
        "compile",
        *SOURCES[name],
        f"--output-file={path.relative_to(REPOSITORY)}",
        f"--python-version={OLDEST_PYTHON}",
        "--universal",
        "--generate-hashes",
        "--no-emit-index-url",
        "--no-header",
        "--quiet",
        *(["--upgrade"] if upgrade else []),
    ]
    subprocess.run(command, cwd=REPOSITORY, input="\n".join(build_requirements), text=True, check=True)
    pins = path.read_text(encoding="utf-8")
    path.write_text(f"# Written by scripts/lock.py from pyproject.toml.\n{stamp}\n{pins}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
