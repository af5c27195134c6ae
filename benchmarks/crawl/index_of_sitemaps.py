"""`python -m benchmarks.crawl.index_of_sitemaps`: a site whose sitemaps list half a million articles.

Its robots.txt names an index of ten sitemaps with 50,000 URLs each, in no order of their dates. A crawl with
`max_pages` is to take in all of them, and to fetch the newest. Prints time, CPU time and memory of the crawl's own
process, what became of the URLs, and how many of the pages fetched are among the newest; the archive is thrown away.
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
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import psutil
from benchmarks.crawl.growth import page

_COMMAND = str(Path(sysconfig.get_path("scripts")) / "broadsheet")
_MIB = 1024 * 1024
_NEWEST = datetime(2026, 1, 1, tzinfo=UTC)


class _Site(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    sitemaps = 0
    urls = 0
    order: ClassVar[list[int]] = []
    is_dated = True
    fetched: ClassVar[list[int]] = []

    def do_GET(self) -> None:
        """Answer with robots.txt, a sitemap or an article."""
        kind, _, number = self.path[1:].partition("/")
        if self.path == "/robots.txt":
            self._answer(f"User-agent: *\nSitemap: {self._url}/index.xml\n".encode(), "text/plain")
        elif self.path == "/index.xml":
            self._answer(self._index(), "text/xml")
        elif kind == "sitemap":
            self._answer(self._sitemap(int(number)), "text/xml")
        elif kind == "story":
            self.fetched.append(int(number))
            self._answer(page(int(number), 1), "text/html")
        else:
            self.send_error(404)

    @property
    def _url(self) -> str:
        return f"http://{self.headers['Host']}"

    def _index(self) -> bytes:
        listed = "".join(
            f"<sitemap><loc>{self._url}/sitemap/{number}</loc>{self._date(min(self._of(number)))}</sitemap>"
            for number in range(self.sitemaps)
        )
        return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</sitemapindex>'.encode()

    def _sitemap(self, number: int) -> bytes:
        dated = "".join(
            f"<url><loc>{self._url}/story/{story}</loc><lastmod>{_moment(story)}</lastmod></url>"
            for story in self._of(number)
        )
        return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{dated}</urlset>'.encode()

    def _date(self, story: int) -> str:
        return f"<lastmod>{_moment(story)}</lastmod>" if self.is_dated else ""

    def _of(self, number: int) -> list[int]:
        return self.order[number * self.urls : (number + 1) * self.urls]

    def _answer(self, body: bytes, media_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - http.server's name
        """Say nothing."""


def _moment(story: int) -> str:
    return (_NEWEST - timedelta(minutes=story)).isoformat()


@contextlib.contextmanager
def _served() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


def _watched(process: "subprocess.Popen[bytes]") -> tuple[float, float]:
    """Wait for a process; return its CPU time in seconds and the most that it had in memory, in MiB."""
    watched, spent, most = psutil.Process(process.pid), 0.0, 0.0
    while process.poll() is None:
        with contextlib.suppress(psutil.Error):
            times = watched.cpu_times()
            spent, most = times.user + times.system, max(most, watched.memory_info().rss / _MIB)
        time.sleep(0.1)
    return spent, most


def main() -> None:
    """Crawls once and prints what came of it."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.crawl.index_of_sitemaps", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--sitemaps", type=int, default=10)
    parser.add_argument("--urls", type=int, default=50_000, help="of each sitemap [50000]")
    parser.add_argument("--max-pages", type=int, default=1000)
    parser.add_argument("--undated", action="store_true", help="the index does not say when its sitemaps changed")
    parser.add_argument("--sorted", action="store_true", help="one sitemap after another is older")
    given = parser.parse_args()
    stories = list(range(given.sitemaps * given.urls))
    if not given.sorted:
        random.Random(1).shuffle(stories)
    _Site.sitemaps, _Site.urls, _Site.order, _Site.is_dated = given.sitemaps, given.urls, stories, not given.undated
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as directory, _served() as url:
        process = subprocess.Popen(
            [
                *(_COMMAND, "--archive", directory, "crawl", "--allow-private", "--json"),
                *("--max-pages", str(given.max_pages), url),
            ],
            stdout=subprocess.PIPE,
        )
        spent, most = _watched(process)
        assert process.stdout is not None
        summary = json.loads(process.stdout.read())
        database = Path(directory) / ".local" / "frontier.sqlite"
        told = {
            "seconds": round(time.monotonic() - began, 1),
            "cpu_seconds": round(spent, 1),
            "most_mib": round(most, 1),
            "frontier_mib": round(database.stat().st_size / _MIB, 1),
            "discovered": summary["discovered"],
            "outcomes": summary["outcomes"],
            "skipped": summary["skipped"],
            "stories": len(_Site.fetched),
            "of_the_newest": sum(story < len(_Site.fetched) for story in _Site.fetched),
        }
    print(json.dumps(told))
    sys.exit(process.returncode)


if __name__ == "__main__":
    main()
