"""A source whose articles are archived with what they are shown with: pictures, styles, scripts."""

from __future__ import annotations

from pathlib import Path

from end_to_end.command import Broadsheet
from end_to_end.pages import answer, article, front_page, redirect
from servers.raw_server import RawServer, Script

from broadsheet.storage.archive import Archive

_SHOWN = """
<link rel="stylesheet" href="/style.css"><script src="/app.js"></script>
<img src="/small.png" srcset="/small.png 320w, /large,1.png 1280w, /medium.png 640w">
<img src="/forbidden/pixel.gif"><img src="data:image/gif;base64,R0lGODlh"><img src="http://127.0.0.1:%d/elsewhere.png">
"""


def _archived(archive: Broadsheet) -> dict[str, str]:
    """The addresses of the captures, with their status."""
    return {capture.url: str(capture.status) for capture in Archive.open(archive.archive).captures()}


def test_an_article_is_archived_with_what_it_is_shown_with_and_a_front_page_is_not(tmp_path: Path) -> None:
    sources, archive = tmp_path / "sources.toml", Broadsheet(str(tmp_path / "archive"))
    scripts: dict[str, Script] = {}
    with RawServer({"/elsewhere.png": answer(b"PNG", content_type="image/png")}) as other, RawServer(scripts) as site:
        shown = _SHOWN % other.port
        scripts |= {
            "/robots.txt": answer("User-agent: *\nDisallow: /forbidden/\n", content_type="text/plain"),
            "/": answer(front_page(["/one", "/two"]).replace("</body>", '<img src="/front.png"></body>')),
            "/one": answer(article("One").replace("</main>", f"{shown}</main>")),
            "/two": answer(article("Two").replace("</main>", f"{shown}</main>")),
            "/style.css": answer(
                '@import "more.css"; body { background: url(back.png) }', content_type="text/css; charset=utf-8"
            ),
            "/more.css": answer("p { background: url('style.css') }", content_type="text/css"),
            "/app.js": redirect("/app-1.js"),
            **{f"/{name}.png": answer(b"PNG", content_type="image/png") for name in ("small", "large,1", "back")},
        }
        sources.write_text(f'[sources.paper]\nhome = "http://127.0.0.1:{site.port}/"\nrequisites = true\n')

        first = archive.crawl("paper", "--config", str(sources))
        asked = [exchange.path for exchange in site.log]
        second = archive.crawl("paper", "--config", str(sources))
        again = [exchange.path for exchange in site.log][len(asked) :]
        shown_elsewhere = len(other.log)

    assert (first["discovered"], first["outcomes"]["new"]) == (3, 2)
    expected = {"/style.css", "/more.css", "/app.js", "/app-1.js", "/small.png", "/large,1.png", "/back.png"}
    assert expected <= set(asked)
    assert all(asked.count(path) == 1 for path in expected), "once for both articles"
    assert not {"/forbidden/pixel.gif", "/front.png", "/medium.png"} & set(asked)
    assert shown_elsewhere == 2, "its robots.txt and the picture"
    assert not expected & set(again), "the articles are unchanged"
    assert second["outcomes"]["unchanged"] == 2
    archived = _archived(archive)
    assert archived[f"http://127.0.0.1:{site.port}/large,1.png"] == "200"
    assert archived[f"http://127.0.0.1:{site.port}/app-1.js"] == "404"
    assert archive("verify", "--deep").status == 0
