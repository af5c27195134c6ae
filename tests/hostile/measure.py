"""Runs the real command on groups of hostile cases and measures what comes of it; started in a network of its own.

::

    python -m hostile.measure FOLDER DEADLINE GROUP...

It prints one JSON document a group; groups joined by "+" are one. `hostile.run` starts it and tells people.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from ssl import SSLContext

import psutil
from end_to_end import inspection
from hostile import namespace, quick
from hostile.cases import SITE_IPV4, SITE_IPV6, Case, at_site
from hostile.groups import GROUPS
from hostile.measured import Measured
from hostile.names import NameServer
from hostile.server import KEPT, Exchanged, HostileServer
from msgspec import to_builtins
from servers.certificates import CertificateAuthority

from broadsheet.storage.archive import Archive
from broadsheet.storage.segments.reading import read_captures

_LOOK_EVERY = 0.02
_MOST_SECONDS = 600
_WORKER = "broadsheet.crawler.reading.worker"


def main() -> None:
    """Measure the groups that are named."""
    folder, deadline, groups = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    namespace.prepare(folder)
    cases = {group: [case for of in group.split("+") for case in GROUPS[of]()] for group in groups}
    every = {case.host: case for of in cases.values() for case in of}
    addressed = {host: every[name] for name, host in _literals(every)}
    authority, contexts = _contexts(folder, every)
    NameServer(namespace.NAME_SERVER, {host: case.addresses for host, case in every.items()})
    server = HostileServer({**every, **addressed}, contexts)
    for group, of in cases.items():
        measured = _measure(group, of, server, folder / group, deadline, authority)
        print(json.dumps(to_builtins(measured)), flush=True)
    server.close()


def _literals(cases: dict[str, Case]) -> list[tuple[str, str]]:
    found = {"ipv4-literal": SITE_IPV4, "ipv6-literal": f"[{SITE_IPV6}]"}
    return [(case.host, found[case.name]) for case in cases.values() if case.name in found]


def _contexts(folder: Path, cases: dict[str, Case]) -> tuple[Path, dict[str, SSLContext]]:
    (folder / "strangers").mkdir()
    authority, stranger = CertificateAuthority(folder), CertificateAuthority(folder / "strangers")
    contexts = {}
    for host, case in cases.items():
        if case.tls in {"trusted", "expired"}:
            contexts[host] = authority.server_context(host, days_left=-1 if case.tls == "expired" else 1)
        elif case.tls == "self-signed":
            contexts[host] = stranger.server_context(host)
        elif case.tls == "wrong-host":
            contexts[host] = authority.server_context("elsewhere.test")
    return authority.path, contexts


def _measure(
    group: str, cases: list[Case], server: HostileServer, archive: Path, deadline: str, authority: Path
) -> Measured:
    server.log.clear()
    server.canary.clear()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("BROADSHEET_", "AWS_"))},
        "BROADSHEET_CONTACT": "https://reader.test/contact",
        "BROADSHEET_ARCHIVE": str(archive),
        "SSL_CERT_FILE": str(authority),
    }
    command = [sys.executable, quick.__file__, deadline]
    started = time.monotonic()
    out, err = archive.with_suffix(".out"), archive.with_suffix(".err")
    with out.open("wb") as stdout, err.open("wb") as stderr:
        crawl = subprocess.Popen(
            [*command, "crawl", "--json", "--max-pages", "500", *(case.url for case in cases)],
            stdout=stdout,
            stderr=stderr,
            env=environment,
        )
        memory = _watched(crawl)
    seconds = time.monotonic() - started
    log, canary = list(server.log), list(server.canary)
    checked = subprocess.run([*command, "verify", "--deep"], capture_output=True, env=environment, check=False)
    said = err.read_text()
    kept = _kept(archive)
    return Measured(
        group=group,
        cases=len(cases),
        requests=len(log),
        canary=canary,
        crawl_memory=memory["crawl"],
        reader_memory=memory["reader"],
        seconds=seconds,
        longest=max((exchanged.seconds for exchanged in log), default=0.0),
        status=crawl.returncode,
        summary=json.loads(out.read_text() or "{}"),
        lost=_lost(log, kept),
        altered=_altered(log, kept),
        unmarked=_unmarked(cases, kept),
        silent=[case.name for case in cases if case.archived and case.url not in kept],
        tracebacks="Traceback" in said,
        defects="" if checked.returncode == 0 else (checked.stdout + checked.stderr).decode(),
        stderr=said,
    )


def _watched(crawl: subprocess.Popen[bytes]) -> dict[str, int]:
    """Wait for a crawl, and return the most memory that it and any of its readers had."""
    most = {"crawl": 0, "reader": 0}
    until = time.monotonic() + _MOST_SECONDS
    while crawl.poll() is None:
        if time.monotonic() > until:
            crawl.kill()
        for process, kind in _family(crawl.pid):
            most[kind] = max(most[kind], _peak(process))
        time.sleep(_LOOK_EVERY)
    return most


def _family(crawl: int) -> list[tuple[int, str]]:
    # Readers are forked from a process of their kind, so they are the crawl's children's children.
    try:
        descendants = psutil.Process(crawl).children(recursive=True)
    except psutil.Error:
        return []
    return [(crawl, "crawl"), *((child.pid, "reader") for child in descendants if _is_reader(child))]


def _is_reader(process: psutil.Process) -> bool:
    try:
        return _WORKER in process.cmdline()
    except psutil.Error:
        return False


def _peak(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


def _kept(archive: Path) -> dict[str, list[tuple[bytes, str | None]]]:
    """What the archive holds, by URL: the blocks of its responses, and why they are not whole."""
    kept: dict[str, list[tuple[bytes, str | None]]] = {}
    store = Archive.open(str(archive)).store
    for _, data in inspection.warcs(store):
        segment = archive.parent / "segment.warc.gz"
        segment.write_bytes(data)
        for capture, block in read_captures(segment):
            kept.setdefault(capture.url, []).append((block[:KEPT], capture.truncated))
    return kept


def _lost(log: list[Exchanged], kept: dict[str, list[tuple[bytes, str | None]]]) -> list[str]:
    asked = Counter(exchanged.url for exchanged in log if exchanged.size)
    return [url for url, times in asked.items() if len(kept.get(url, [])) < times]


def _altered(log: list[Exchanged], kept: dict[str, list[tuple[bytes, str | None]]]) -> list[str]:
    altered = []
    for exchanged in log:
        most = len(exchanged.beginning)
        if exchanged.size and not any(
            exchanged.beginning.startswith(block[:most]) for block, _ in kept.get(exchanged.url, [])
        ):
            altered.append(exchanged.url)
    return altered


def _unmarked(cases: list[Case], kept: dict[str, list[tuple[bytes, str | None]]]) -> list[str]:
    return [
        f"{case.name}: {reason}"
        for case in cases
        for _, reason in kept.get(case.url, [])
        if case.truncated is not None and (reason is not None) != case.truncated
    ]


_ = at_site

if __name__ == "__main__":
    main()
