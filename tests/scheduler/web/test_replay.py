"""Archived pages in a real browser: shown as they looked, from the archive alone, and nothing in them runs."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from archiving.writer import Visit, Writer, answer, moment
from playwright.sync_api import Browser, Page
from servers.browser import chromium
from servers.canary import Canary
from servers.web_server import Web, served

from broadsheet.scheduler.tokens import Tokens, make
from broadsheet.scheduler.web.app import make_app
from broadsheet.scheduler.web.parts import OpenedArchive, Parts
from broadsheet.storage.captures import Request
from broadsheet.storage.model import Article
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.versions import Finding

_PAGE = """<!DOCTYPE html><html><head><base href="/assets/" target="_blank">
<link rel="preconnect" href="{live}"><link rel="dns-prefetch" href="{live}"><link rel="preload" as="image" href="a.png">
<link rel="stylesheet" href="style.css?v=1&amp;w=2"><link rel="icon" href="{live}/favicon.ico">
<meta http-equiv="Content-Security-Policy" content="img-src {live}">
<style>@font-face {{ font-family: Odd; src: url("{live}/odd.woff2") }} #inline {{ font-family: Odd }}</style>
</head><body>
<img id="relative" src="two.png"><img id="absolute" src="{live}/assets/three.png" loading="lazy" crossorigin>
<img id="sizes" src="missing.png" srcset="missing-too.png 300w, four.png 1200w">
<img id="late" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" data-src="five.png">
<picture><source srcset="six.png 2x,missing.png 1x"><img id="picture" src="missing.png"></picture>
<img id="moved" src="/moved.png"><img id="changed" src="/changing.png">
<svg width="20" height="20"><image id="vector" href="two.png"/></svg>
<p id="styled">Ferry runs</p><p id="inline" style="background: url('seven.png')">Text</p>
<a id="link" href="../other?a=1&amp;copy=2#place">other</a><a id="top" href="#styled">top</a>
<noscript><img id="without" src="two.png"></noscript>
<script src="{live}/script.js"></script></body></html>"""
_STYLE = '@import "more.css"; #styled { color: rgb(1, 2, 3); background: url(../three.png) }'
_HOSTILE = """<!DOCTYPE html><html><head><title>calm</title>
<script>document.title = "ran"; new Image().src = "{live}/inline"</script><script src="{live}/x.js"></script>
<script type="module">import "{live}/module.js"</script><link rel=modulepreload href="{live}/m.js">
<script type="speculationrules">{{"prefetch": [{{"urls": ["{live}/speculated"]}}]}}</script>
<meta http-equiv="refresh" content="0;url={live}/refreshed"><LINK/REL=preconnect/HREF={live}>
<<link rel=canonical href=x>link rel=preconnect href={live}>
<!--><link rel=preconnect href="{live}"><!-- --!><link rel=preconnect href="{live}">
<svg><style><img title="</style><link rel=preconnect href={live}>"></style></svg>
<style>@import url({live}/imported.css); @im\\70ort "{live}/escaped.css";
body {{ background: u\\72l({live}/escaped.png) }}
a {{ background: image-set("{live}/set.png" 1x) }}</style>
</head><body onload="document.title = 'ran'" background="{live}/background.png">
<img src=x onerror="document.title = 'ran'"><svg onload="document.title = 'ran'"><script>document.title='ran'</script>
<image href="{live}/svg.png"/><use href="{live}/sprite.svg#a"/><feImage href="{live}/fe.png"/></svg>
<iframe src="{live}/frame"></iframe><iframe src="javascript:parent.document.title='ran'"></iframe>
<iframe srcdoc="&lt;link rel=preconnect href={live}&gt;&lt;script&gt;top.document.title='ran'&lt;/script&gt;"></iframe>
<svg><title><iframe srcdoc="<link rel=preconnect href={live}>
<script>top.document.title='ran'</script>"></iframe></title></svg>
<object data="{live}/object"></object><embed src="{live}/embed"><frame src="{live}/frame">
<video src="{live}/video" poster="{live}/poster" autoplay></video><audio src="{live}/audio" autoplay></audio>
<form action="{live}/form"><input name=a autofocus onfocus="document.title = 'ran'">
<button id="send">Send</button></form>
<a id="run" href="javascript:document.title='ran'">run</a><a id="ping" href="/quiet" ping="{live}/ping">ping</a>
<details open ontoggle="document.title = 'ran'"></details><math><mtext><style><img src=x onerror="document.title='ran'">
</style></mtext></math><div><template shadowrootmode=open><img src="{live}/shadow.png"></template></div>
<p style="background: url({live}/style.png)">text</p><img src="{live}/pixel.gif" attributionsrc="{live}/attribution">
<textarea><link rel=preconnect href="{live}"></textarea><plaintext><link rel=preconnect href="{live}">"""
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>document.title="ran"</script></svg>'


def _picture(size: int) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * size) * size)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _response(body: bytes, kind: str, status: str = "200 OK", *more: tuple[str, str]) -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in (("Content-Type", kind), *more))
    return f"HTTP/1.1 {status}\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


class _Archive:
    """An archive of a site that is where nobody is to go any more."""

    def __init__(self, folder: Path, live: str) -> None:
        self.uri = str(folder / "archive")
        self.live = live
        self._writer = Writer(FolderStore(folder / "archive"), folder / "local")

    def page(self, path: str, markup: str, minute: float = 0, **headers: str) -> None:
        body = markup.format(live=self.live).encode()
        response = answer(body, headers=[(name.replace("_", "-"), value) for name, value in headers.items()])
        finding = Finding(article=Article(title="A title", text=f"text of {path}"))
        self._writer.publish(Visit(url=self.live + path, at=moment(minute), response=response, finding=finding))

    def requisite(self, path: str, response: bytes, minute: float = 1) -> None:
        about = Request(purpose="requisite", via=f"{self.live}/story")
        self._writer.publish(Visit(url=self.live + path, at=moment(minute), response=response, request=about))

    def close(self) -> None:
        self._writer.spool.close()


@pytest.fixture(scope="module")
def live() -> Iterator[Canary]:
    """Where the site was when it was archived."""
    with Canary() as canary:
        yield canary


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, live: Canary) -> str:
    archive = _Archive(tmp_path_factory.mktemp("replay"), live.address)
    archive.page("/story", _PAGE)
    archive.page("/other?a=1&copy=2", "<p>the other page", 10)
    archive.page("/hostile", _HOSTILE, Link=f"<{live.address}>; rel=preconnect", Refresh=f"0; url={live.address}")
    archive.page("/vector", "<p><img src='vector.svg'>")
    for place, name in enumerate(("two", "three", "four", "five", "six", "seven"), 2):
        kind = "image/png" if place % 2 else "application/octet-stream"
        archive.requisite(f"/assets/{name}.png", _response(_picture(place), kind))
    archive.requisite("/three.png", _response(_picture(3), "image/png"))
    archive.requisite("/moved.png", _response(b"", "text/html", "302 Found", ("Location", "/assets/four.png")))
    archive.requisite("/changing.png", _response(_picture(20), "image/png"), minute=-30)
    archive.requisite("/changing.png", _response(_picture(21), "image/png"), minute=2)
    archive.requisite("/changing.png", _response(_picture(22), "image/png"), minute=60)
    archive.requisite("/assets/style.css?v=1&w=2", _response(_STYLE.encode(), "text/css"))
    archive.requisite("/assets/more.css", _response(b"#styled { width: 77px }", "text/css"))
    archive.requisite("/odd.woff2", _response(b"wOF2" + bytes(60), "font/woff2"))
    archive.requisite("/vector.svg", _response(_SVG, "image/svg+xml"))
    archive.close()
    return archive.uri


@pytest.fixture(scope="module")
def web(archive: str) -> Iterator[Web]:
    with served(make_app(Parts(archive=OpenedArchive(archive), tokens=Tokens(), sources=dict))) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def _width(page: Page, name: str) -> int:
    width: int = page.evaluate(f"document.getElementById('{name}').naturalWidth")
    return width


def _memento(web: Web, live: Canary, path: str, mark: str = "") -> str:
    return f"{web.address}/memento/{moment(0):%Y%m%d%H%M%S}{mark}/{live.address}{path}"


def test_a_page_is_shown_with_its_pictures_and_styles_from_the_archive(web: Web, live: Canary, page: Page) -> None:
    shown: dict[str, int | None] = {}
    page.on("response", lambda response: shown.update({response.url: response.status}))
    page.goto(_memento(web, live, "/story"), wait_until="networkidle")

    widths = {"relative": 2, "absolute": 3, "late": 5, "moved": 4, "changed": 21, "without": 2}
    assert {name: _width(page, name) for name in widths} == widths
    # Of several sizes the largest, at the density that it is stated for.
    assert [_width(page, name) for name in ("sizes", "picture")] == [4, 3]
    style = "getComputedStyle(document.getElementById('styled'))"
    assert page.evaluate(f"[{style}.color, {style}.width]") == ["rgb(1, 2, 3)", "77px"]
    assert [url for url, status in shown.items() if "three.png" in url and status != 200] == []
    assert any("odd.woff2" in url and status == 200 for url, status in shown.items())
    assert any("seven.png" in url and status == 200 for url, status in shown.items())
    assert all(url.startswith((web.address, "data:")) for url in shown)
    assert live.reached == []


def test_a_link_in_an_archived_page_leads_to_what_was_archived_then(web: Web, live: Canary, page: Page) -> None:
    page.goto(_memento(web, live, "/story"))
    page.click("#top")
    assert page.url.endswith("/story#styled")
    page.click("#link")
    page.wait_for_url(f"**/memento/{moment(10):%Y%m%d%H%M%S}/**")
    assert page.inner_text("p") == "the other page"
    assert live.reached == []


def test_nothing_of_a_hostile_page_runs_or_reaches_the_web(web: Web, live: Canary, page: Page) -> None:
    asked: list[str] = []
    page.on("requestfinished", lambda request: asked.append(request.url))
    page.goto(_memento(web, live, "/hostile"), wait_until="networkidle")
    page.click("#send", force=True, no_wait_after=True)
    page.click("#run", force=True, no_wait_after=True)
    page.hover("#ping", force=True)
    page.wait_for_timeout(500)

    assert page.title() == "calm"
    assert page.evaluate("self.origin") == "null"
    assert [url for url in asked if not url.startswith((f"{web.address}/memento/", f"{web.address}/requisite/"))] == []
    assert len(page.frames) == 1
    assert live.reached == []


def test_a_picture_with_a_script_in_it_is_shown_and_does_not_run(web: Web, live: Canary, page: Page) -> None:
    page.goto(_memento(web, live, "/vector"), wait_until="networkidle")
    assert page.evaluate("document.images[0].naturalWidth") == 9
    page.goto(page.evaluate("document.images[0].src"))
    assert page.title() != "ran"
    assert live.reached == []


def test_the_page_as_it_was_archived_is_for_programs_and_no_browser_shows_it(web: Web, live: Canary) -> None:
    raw = web.get(_memento(web, live, "/story", "id_").removeprefix(web.address))
    assert raw.body == _PAGE.format(live=live.address).encode()
    assert raw.headers["Content-Disposition"] == "attachment"
    other = web.get(f"/memento/{moment(9):%Y%m%d%H%M%S}id_/{live.address}/story")
    assert other.headers["Location"] == _memento(web, live, "/story", "id_")


def test_where_reading_needs_a_token_pages_are_shown_whole_too(
    archive: str, live: Canary, browser: Browser, tmp_path: Path
) -> None:
    token, line = make("reader", "read")
    (tmp_path / "tokens").write_text(line)
    tokens = Tokens(tmp_path / "tokens")
    parts = Parts(archive=OpenedArchive(archive), tokens=tokens, sources=dict, read_needs_token=True)
    with served(make_app(parts)) as web:
        context = browser.new_context(http_credentials={"username": "any", "password": token})
        page = context.new_page()
        page.goto(_memento(web, live, "/story"), wait_until="networkidle")
        widths = [_width(page, name) for name in ("relative", "absolute")]
        shown = page.evaluate("document.getElementById('relative').src").removeprefix(web.address)
        context.close()
        with_its_address = web.get(shown)
        altered = web.get(shown.replace("two.png", "three.png"))
        unsigned = web.get(f"/requisite/{'A' * 20}/{shown.split('/', 3)[3]}")
        without_token = web.get(_memento(web, live, "/story").removeprefix(web.address))
    assert widths == [2, 3]
    assert (with_its_address.status, with_its_address.headers["Content-Type"]) == (200, "image/png")
    assert (altered.status, unsigned.status, without_token.status) == (403, 403, 401)
