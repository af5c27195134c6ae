"""What a site owner sees: the pace of the requests, whoever makes them; and that a host proves who it is."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from statistics import mean

import pytest
from end_to_end.command import Broadsheet
from end_to_end.pages import article
from servers.certificates import CertificateAuthority
from servers.raw_server import RawServer
from servers.site_server import Answer, site_server

DELAY = 0.2
# A request that is brought late makes the gap behind it look short.
NETWORK = 0.06


def test_a_recrawl_beside_a_crawl_of_the_host_gets_its_turn_at_the_same_pace(tmp_path: Path) -> None:
    links = "".join(f'<a href="/page/{number}">page</a>' for number in range(400))
    # Articles: of forty pages in a row that lead to none, the others would not be asked for.
    pages: dict[str, Answer | list[Answer]] = {
        f"/page/{number}": Answer(article(f"Story {number}").encode()) for number in range(400)
    }
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    with site_server({"/": Answer(links.encode()), "/asked-for": Answer(b"<p>page"), **pages}) as site:
        sources = tmp_path / "sources.toml"
        sources.write_text(f'[sources.town]\nhome = "{site.url}/"\ndelay = {DELAY}\n')
        with broadsheet.started("crawl", "--config", str(sources), "--allow-private", "town") as crawl:
            while not site.times("/page/"):
                assert crawl.poll() is None
                time.sleep(0.02)
            broadsheet("recrawl", "--config", str(sources), "--allow-private", f"{site.url}/asked-for")
            asked = len(site.requests)
            while len(site.requests) == asked:
                assert crawl.poll() is None, "the crawl goes on"
                time.sleep(0.02)
        paths = site.paths()
        moments = [moment for _, moment in site.requests]

    # How soon depends on how fast the machine starts and reads; whose turn it is, on `HostPace` alone.
    assert paths.count("/asked-for") == 1
    assert len(paths) < 400, "it did not wait for the crawl to end"
    assert mean(later - earlier for earlier, later in pairwise(moments)) >= DELAY - NETWORK


@pytest.mark.parametrize("certificate", ["of a stranger", "expired", "for another host"])
def test_a_host_whose_certificate_is_refused_is_asked_for_nothing_and_the_reason_is_told(
    tmp_path: Path, certificate: str
) -> None:
    (tmp_path / "stranger").mkdir()
    trusted, stranger = CertificateAuthority(tmp_path), CertificateAuthority(tmp_path / "stranger")
    context = {
        "of a stranger": lambda: stranger.server_context("localhost"),
        "expired": lambda: trusted.server_context("localhost", days_left=-2),
        "for another host": lambda: trusted.server_context("elsewhere.example"),
    }[certificate]()
    broadsheet = Broadsheet(str(tmp_path / "archive"), environment={"SSL_CERT_FILE": str(trusted.path)})
    with RawServer({}, context) as server:
        ended = broadsheet("crawl", "--allow-private", "--json", f"https://localhost:{server.port}/story")

    assert server.log == []
    assert ended.status == 1
    assert ended.document["outcomes"]["failed"] == 1
    why = "it is for another host" if certificate == "for another host" else "nobody who is trusted has signed it"
    assert f"/story: the certificate of localhost is refused: {why}" in ended.stderr
