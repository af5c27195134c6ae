"""A site at a literal IPv6 address, and what the archive files it under."""

from __future__ import annotations

import gzip
import re
import socket
from pathlib import Path

import pytest
from end_to_end import inspection
from end_to_end.command import Broadsheet
from end_to_end.pages import answer, article, front_page, robots
from servers.raw_server import RawServer

from broadsheet.storage import layout
from broadsheet.storage.archive import Archive


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


pytestmark = pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6")


def test_a_site_at_an_ipv6_address_is_crawled_and_found_in_any_spelling(tmp_path: Path) -> None:
    command = Broadsheet(str(tmp_path / "archive"))
    scripts = {
        "/robots.txt": robots("Disallow: /private"),
        "/": answer(front_page(["/news/bridge", "/private"])),
        "/news/bridge": answer(article("The bridge is closed")),
    }
    with RawServer(scripts, host="::1") as server:
        home = f"http://[::1]:{server.port}"
        summary = command.crawl(f"http://[0:0:0:0:0:0:0:1]:{server.port}/")
        hosts = {inspection.request_headers(exchange.request)["host"] for exchange in server.log}
    assert (summary["outcomes"]["new"], summary["skipped"]["robots"]) == (1, 1)
    assert hosts == {f"[::1]:{server.port}"}
    store = Archive.open(command.archive).store
    records = b"".join(gzip.decompress(segment) for _, segment in inspection.warcs(store))
    assert set(re.findall(rb"WARC-IP-Address: (.*)\r\n", records)) == {b"::1"}
    assert f"WARC-Target-URI: {home}/news/bridge\r\n".encode() in records
    stored = b"".join(gzip.decompress(store.get(entry.key)) for entry in store.list(layout.INDEX))
    assert f"::1:{server.port})/news/bridge ".encode() in stored
    shown = command("show", "--json", f"http://[0::1]:{server.port}/news/bridge")
    assert shown.document["article"]["title"] == "The bridge is closed"
    assert command("verify", "--deep").status == 0


def test_an_ipv6_address_that_is_not_public_is_refused(tmp_path: Path) -> None:
    with RawServer({"/": answer(front_page([]))}, host="::1") as server:
        ended = Broadsheet(str(tmp_path / "archive"))("crawl", f"http://[::1]:{server.port}/")
        assert server.connections == 0
    assert "::1 is not a public address" in ended.text
