"""What publishers reserve: kept with every capture."""

from __future__ import annotations

from pathlib import Path

from end_to_end import inspection
from end_to_end.command import Broadsheet
from end_to_end.pages import answer, article, front_page
from servers.raw_server import RawServer, Script

from broadsheet.storage.archive import Archive


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
