"""What publishers reserve: kept with every capture, and obeyed where the operator says so."""

from __future__ import annotations

import io
from pathlib import Path

from end_to_end import inspection
from end_to_end.command import Broadsheet
from end_to_end.pages import answer, article, front_page
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
        ("/by-header", False, ["noarchive", "nosnippet"]),
        ("/by-header", True, ["noarchive", "nosnippet"]),
        ("/mined", False, ["tdm"]),
    ]
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
