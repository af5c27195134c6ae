"""What publishers reserve: kept with every capture, and obeyed where the operator says so."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

from end_to_end import inspection
from end_to_end.command import Broadsheet
from end_to_end.pages import answer, article, cut_off, front_page
from msgspec import to_builtins
from servers.raw_server import RawServer, Script

from broadsheet.storage.archive import Archive
from broadsheet.storage.segments import warc


def reserved(title: str, *elements: str) -> str:
    return article(title).replace("</head>", "".join(elements) + "</head>")


PAGES: dict[str, Script] = {
    "/": answer(front_page(["/free", "/by-header", "/by-element", "/mined", "/others"])),
    "/free": answer(article("Free for all")),
    "/by-header": answer(article("By its header"), headers=[("X-Robots-Tag", "noarchive, nosnippet")]),
    "/by-element": answer(reserved("By its page", '<meta name="robots" content="noarchive,noai">')),
    "/mined": answer(reserved("Not mined", '<meta name="tdm-reservation" content="1">')),
    "/others": answer(article("For another robot"), headers=[("X-Robots-Tag", "otherbot: noarchive")]),
}


def test_what_a_page_reserves_stands_with_its_capture_in_the_index(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path))
    with RawServer(PAGES) as server:
        url = f"http://127.0.0.1:{server.port}"
        summary = broadsheet.crawl(f"{url}/")
        broadsheet.crawl(f"{url}/")
    lines = inspection.index_lines(Archive.open(broadsheet.archive).store)
    told = [(line.url.removeprefix(url), line.mime == "warc/revisit", line.optouts) for line in lines]

    assert summary["outcomes"]["new"] == 5, "recorded, and archived all the same"
    assert sorted(each for each in told if each[2]) == [
        ("/by-element", False, ["noarchive", "noai"]),
        ("/by-element", True, ["noarchive", "noai"]),
        ("/by-header", False, ["noarchive", "nosnippet"]),
        ("/by-header", True, ["noarchive", "nosnippet"]),
        ("/mined", False, ["tdm"]),
        ("/mined", True, ["tdm"]),
    ], "a page that repeats another says what that said"
    assert broadsheet("verify", "--deep").status == 0


def test_what_is_obeyed_is_fetched_and_followed_and_not_archived(tmp_path: Path) -> None:
    archive, sources = tmp_path / "archive", tmp_path / "sources.toml"
    broadsheet = Broadsheet(str(archive))
    kept_out = article("Linked from what is kept out", links=["/behind"])
    pages = PAGES | {"/by-header": answer(kept_out, headers=[("X-Robots-Tag", "noarchive")])}
    with RawServer(pages | {"/behind": answer(article("Behind it"))}) as server:
        url = f"http://127.0.0.1:{server.port}"
        sources.write_text(f'[sources.town]\nhome = "{url}/"\nobey = ["noarchive", "tdm"]\n')
        summary = broadsheet.crawl("--config", str(sources), "town")
        again = broadsheet("recrawl", "--allow-private", "--json", "--config", str(sources), f"{url}/mined").document
    opened = Archive.open(str(archive))
    lines = {line.url.removeprefix(url) for line in inspection.index_lines(opened.store)}
    records = [r for _, data in inspection.warcs(opened.store) for _, _, r in warc.iterate(io.BytesIO(data))]
    withheld = [record.block for record in records if record.block.startswith(b"broadsheet-withheld")]

    assert summary["skipped"] == {"opted_out": 3}
    assert {"/free", "/others", "/behind"} <= lines
    assert lines.isdisjoint({"/by-header", "/by-element", "/mined"})
    assert not any(b"what is kept out" in record.block or b"Not mined" in record.block for record in records)
    assert set(withheld) == {b"broadsheet-withheld: noarchive\r\n", b"broadsheet-withheld: tdm\r\n"}
    assert (again["outcome"], again["reason"]) == ("blocked", "its publisher reserves it: tdm")
    assert broadsheet("verify", "--deep").status == 0


_SIGNALS = """User-agent: *
Content-Signal: search=yes, ai-train=no
Content-Usage: /open/ train-ai=n, search=n
Content-Usage: /rss search=y
Crawl-delay: 0
Allow: /
"""
_RULES = [
    {"location": "/open/free", "tdm-reservation": 0},
    {"location": "/*/story", "tdm-reservation": 1, "tdm-policy": "https://news.example/policy.json"},
]


def of_site(**pages: Script) -> dict[str, Script]:
    return {
        "/": answer(front_page(["/open/story", "/open/free", "/a/story", "/lifted/story"])),
        "/robots.txt": answer(_SIGNALS, content_type="text/plain"),
        "/.well-known/tdmrep.json": answer(json.dumps(_RULES), content_type="application/json"),
        "/open/story": answer(article("In the open")),
        "/open/free": answer(article("Free")),
        "/a/story": answer(article("Mined nowhere")),
        "/lifted/story": answer(article("Lifted"), headers=[("tdm-reservation", "0")]),
    } | pages


def test_what_files_of_the_site_reserve_stands_with_each_capture_and_the_version_with_what_says_so(
    tmp_path: Path,
) -> None:
    broadsheet = Broadsheet(str(tmp_path))
    with RawServer(of_site()) as server:
        url = f"http://127.0.0.1:{server.port}"
        broadsheet.crawl(f"{url}/")
        asked = [exchange.path for exchange in server.log]
        broadsheet.crawl(f"{url}/")
        again = [exchange.path for exchange in server.log][len(asked) :]
    archive = Archive.open(str(tmp_path))
    lines = inspection.index_lines(archive.store)
    told = {(line.url.removeprefix(url), line.mime == "warc/revisit"): line for line in lines}
    signal = {"source": "robots.txt", "value": "content-signal: search=yes, ai-train=no", "optouts": ["train-ai"]}
    usage = {
        "source": "robots.txt",
        "value": "content-usage: /open/ train-ai=n, search=n",
        "optouts": ["train-ai", "search"],
    }
    rule = {"source": "tdmrep.json", "value": json.dumps(_RULES[1], separators=(",", ":")), "optouts": ["tdm"]}
    lifted = {"source": "header", "value": "tdm-reservation: 0", "optouts": []}

    for is_revisit in (False, True):
        assert to_builtins(told["/open/story", is_revisit].reservations) == [usage, signal, rule]
        assert told["/open/story", is_revisit].optouts == ["tdm", "train-ai", "search"]
        assert to_builtins(told["/open/free", is_revisit].reservations) == [usage, signal]
        assert to_builtins(told["/a/story", is_revisit].reservations) == [signal, rule]
        assert to_builtins(told["/lifted/story", is_revisit].reservations) == [signal, lifted]
        assert told["/lifted/story", is_revisit].optouts == ["train-ai"]
    assert to_builtins(told["/", False].reservations) == [signal]
    document = broadsheet("show", f"{url}/a/story", "--format", "json").document
    assert document["optouts"] == ["tdm", "train-ai"]
    assert document["reservations"] == [signal, rule]
    assert asked[:2] == ["/robots.txt", "/.well-known/tdmrep.json"]
    assert "/.well-known/tdmrep.json" not in again, "it was asked for within the day"
    assert told["/.well-known/tdmrep.json", False].outcome is None
    assert broadsheet("verify", "--deep").status == 0


def test_what_robots_txt_reserves_is_not_asked_for_where_that_is_obeyed(tmp_path: Path) -> None:
    archive, sources = tmp_path / "archive", tmp_path / "sources.toml"
    broadsheet = Broadsheet(str(archive))
    robots = "User-agent: *\nContent-Usage: train-ai=n\nContent-Usage: /a/ train-ai=y\n"
    with RawServer(of_site(**{"/robots.txt": answer(robots, content_type="text/plain")})) as server:
        url = f"http://127.0.0.1:{server.port}"
        sources.write_text(f'[sources.town]\nhome = "{url}/"\nobey = ["train-ai"]\n')
        summary = broadsheet.crawl("--config", str(sources), "town")
        asked = {exchange.path for exchange in server.log}
        by_name = broadsheet("recrawl", "--allow-private", "--json", "--config", str(sources), f"{url}/open/free")
    lines = {line.url.removeprefix(url) for line in inspection.index_lines(Archive.open(str(archive)).store)}

    assert summary["skipped"] == {"opted_out": 4}, "the front page among them, which was fetched and followed"
    assert summary["outcomes"]["new"] == 1
    assert {"/", "/a/story"} <= asked
    assert asked.isdisjoint({"/open/story", "/open/free", "/lifted/story"})
    assert {"/a/story", "/robots.txt", "/.well-known/tdmrep.json"} <= lines
    assert "/" not in lines
    assert (by_name.document["outcome"], by_name.document["reason"]) == (
        "blocked",
        "its publisher reserves it: train-ai",
    )


def test_what_tdmrep_json_reserves_is_not_archived_where_that_is_obeyed_unless_the_page_lifts_it(
    tmp_path: Path,
) -> None:
    archive, sources = tmp_path / "archive", tmp_path / "sources.toml"
    broadsheet = Broadsheet(str(archive))
    with RawServer(of_site()) as server:
        url = f"http://127.0.0.1:{server.port}"
        sources.write_text(f'[sources.town]\nhome = "{url}/"\nobey = ["tdm"]\n')
        summary = broadsheet.crawl("--config", str(sources), "town")
    opened = Archive.open(str(archive))

    assert summary["skipped"] == {"opted_out": 2}
    held = {snapshot.url.removeprefix(url) for snapshot in opened.snapshots()}
    assert held == {"/open/free", "/lifted/story"}
    assert not [data for _, data in inspection.warcs(opened.store) if b"Mined nowhere" in gzip.decompress(data)]


def test_a_reserved_page_that_cannot_be_read_whole_is_kept_out_too(tmp_path: Path) -> None:
    archive, sources = tmp_path / "archive", tmp_path / "sources.toml"
    broadsheet = Broadsheet(str(archive))
    page = reserved("Cut off", '<META content="noarchive" name=robots>')
    pages: dict[str, Script] = {
        "/": answer(front_page(["/cut-off", "/excessive"])),
        "/cut-off": cut_off(page + "<p>more</p>" * 2_000),
        "/excessive": answer(page + "<i " + " ".join(f"a{number}=1" for number in range(400_000)) + ">"),
    }
    with RawServer(pages) as server:
        url = f"http://127.0.0.1:{server.port}"
        sources.write_text(f'[sources.town]\nhome = "{url}/"\nobey = ["noarchive"]\n')
        summary = broadsheet.crawl("--config", str(sources), "town")
    opened = Archive.open(str(archive))

    assert (summary["skipped"], summary["outcomes"]["failed"]) == ({"opted_out": 1}, 1)
    assert not [data for _, data in inspection.warcs(opened.store) if b"Cut off" in gzip.decompress(data)]
    assert broadsheet("verify", "--deep").status == 0
