"""`python -m benchmarks.crawl.growth`: the memory of a crawl's process while its site goes on and on.

A site of small articles is made up as it is asked for; each leads to the next two of a tree and to some others. What
the process has (its resident set) is printed whenever another thousand pages are served; the archive is thrown away.
"""

import argparse
import contextlib
import json
import random
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil

_COMMAND = str(Path(sysconfig.get_path("scripts")) / "broadsheet")
_WORDS = "harbour council ferry tide evening market bridge engineer school winter library baker signal captain".split()
_MIB = 1024 * 1024
_STEP = 1000


def page(number: int, pages: int) -> bytes:
    """One article of the site, the same for the same number."""
    chance = random.Random(number)
    title = f"Story {number} of the {chance.choice(_WORDS)}"
    text = "".join(f"<p>{' '.join(chance.choices(_WORDS, k=60)).capitalize()}.</p>" for _ in range(4))
    near = [link for link in (2 * number + 1, 2 * number + 2) if link < pages]
    links = "".join(f'<a href="/{link}">{link}</a> ' for link in [*near, *(chance.randrange(pages) for _ in range(12))])
    return (
        f'<!DOCTYPE html><html lang="en"><head><title>{title}</title><meta property="og:type" content="article">'
        '<meta property="article:published_time" content="2025-05-06T07:08:09+02:00"></head>'
        f"<body><article><h1>{title}</h1>{text}</article><nav>{links}</nav></body></html>"
    ).encode()


class _Site(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    pages = 0
    served = 0

    def do_GET(self) -> None:
        """Answer with a page."""
        if not self.path[1:].isdecimal() and self.path != "/":
            # robots.txt, and where a sitemap or a feed may lie.
            self.send_error(404)
            return
        body = page(int(self.path[1:] or 0), self.pages)
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        type(self).served += 1

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - http.server's name
        """Say nothing."""


@contextlib.contextmanager
def _served(pages: int) -> Iterator[str]:
    _Site.pages = pages
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


def _watch(process: "subprocess.Popen[bytes]") -> Iterator[tuple[int, float, float]]:
    """Yields how many pages were served, and the resident set now and at most since the last time, in MiB."""
    watched, reached, most = psutil.Process(process.pid), 0, 0.0
    while process.poll() is None:
        with contextlib.suppress(psutil.Error):
            size = watched.memory_info().rss / _MIB
            most = max(most, size)
            if _Site.served >= reached:
                yield _Site.served, size, most
                reached, most = (_Site.served // _STEP + 1) * _STEP, 0.0
        time.sleep(0.1)
    yield _Site.served, 0.0, most


def main() -> None:
    """Crawls once and prints the memory."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crawl.growth", description=__doc__)
    parser.add_argument("--pages", type=int, default=20_000, help="pages of the site [20000]")
    arguments = parser.parse_args()
    limits = ["--max-pages", str(2 * arguments.pages), "--max-depth", str(arguments.pages)]
    with tempfile.TemporaryDirectory() as directory, _served(arguments.pages) as url:
        command = [_COMMAND, "--archive", directory, "crawl", "--allow-private", "--json", *limits, url]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        for served, size, most in _watch(process):
            print(f"{served:6} pages {size:7.1f} MiB, at most {most:7.1f}", flush=True)
        assert process.stdout is not None
        summary = json.loads(process.stdout.read())
    summary["segments"] = len(summary["segments"])
    print(json.dumps(summary))
    sys.exit(process.returncode)


if __name__ == "__main__":
    main()
