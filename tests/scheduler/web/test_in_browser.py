"""What the service answers, in a real browser: nothing that was archived runs, and no other page gets any of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from archiving.writer import START
from end_to_end.pages import answer
from playwright.sync_api import Browser, Dialog, Request
from servers.browser import chromium
from servers.hostile_web import EVIL, HOSTILE, URL, hostile_web
from servers.raw_server import RawServer, Script
from servers.web_server import Web

_Q = quote(HOSTILE, safe="")
_DOORS = [
    "/",
    f"/versions?url={_Q}",
    f"/version?url={_Q}",
    f"/diff?url={_Q}",
    "/changes",
    "/site?host=news.example",
    "/sources",
    "/jobs",
    "/jobs?source=%3Cscript%3E",
    f"/memento/{START:%Y%m%d%H%M%S}/{HOSTILE}",
    f"/timemap/json/{HOSTILE}",
    f"/api/snapshot?url={_Q}",
    f"/api/versions?url={_Q}",
    f"/api/diff?url={_Q}",
    "/api/changes",
    "/api/jobs",
    "/api/sources",
    "/metrics",
    "/alarms.atom",
    "/changes.atom",
    f"/{quote(EVIL, safe='')}",
    f"/search?url={quote(EVIL)}",
    f"/version?url={quote(EVIL)}",
    f"/api/versions?url={quote(EVIL)}",
    f"/memento/{quote(EVIL, safe='')}/x",
    "/requisite/<script>alert(1)</script>/x",
]
# What a page of another origin tries, and what came of it: none of this may be anything but "refused".
_ATTACK = """<title>waits</title><script>
const at = "SERVICE", found = {};
const tried = (name, trial) => trial.then(what => found[name] = what, () => found[name] = "refused");
const loads = (tag, key, path) => new Promise((yes, no) => {
  const element = document.createElement(tag);
  element.onload = () => yes("loaded"); element.onerror = no; element[key] = at + path;
  if (tag === "link") element.rel = "stylesheet";
  document.head.append(element);
});
const asked = {method: "POST", headers: {"Content-Type": "application/json", "Authorization": "Bearer x"},
               body: JSON.stringify({source: "example"})};
const simple = {method: "POST", mode: "no-cors", headers: {"Content-Type": "text/plain"}, body: asked.body};
Promise.all([
  tried("read", fetch(at + "/api/changes").then(answer => answer.text())),
  tried("read without reading", fetch(at + "/api/changes", {mode: "no-cors"}).then(() => "an answer")),
  tried("preflight", fetch(at + "/api/crawl", asked).then(answer => answer.text())),
  tried("simple", fetch(at + "/api/crawl", simple).then(() => "an answer")),
  tried("picture", loads("img", "src", "/static/icon.svg")),
  tried("script", loads("script", "src", "/api/changes")),
  tried("style", loads("link", "href", "/static/style.css")),
]).then(() => { window.found = found; document.title = "tried"; });
</script><form id=form method=post enctype="text/plain" action="SERVICE/api/crawl">
<input name='{"source":"example","x":"'
value='"}'></form><iframe src="SERVICE/"></iframe>"""


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with hostile_web(tmp_path_factory.mktemp("doors")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # A name that an attacker has lead to this machine once the page is there.
    with chromium("--host-resolver-rules=MAP evil.example 127.0.0.1") as running:
        yield running


def test_nothing_that_was_archived_runs_through_any_door(web: Web, browser: Browser) -> None:
    page = browser.new_page()
    ran: list[str] = []
    shown: dict[str, int] = {}

    def says(dialog: Dialog) -> None:
        ran.append(f"{page.url}: {dialog.message}")
        dialog.dismiss()

    def asks(request: Request) -> None:
        if not request.url.startswith(web.address):
            ran.append(request.url)

    page.on("dialog", says)
    page.on("request", asks)
    for door in _DOORS:
        response = page.goto(web.address + door, wait_until="load")
        assert response is not None
        shown[door] = response.status
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    page.close()
    assert ran == []
    assert set(shown.values()) == {200, 400, 403, 404}


def test_a_page_of_another_origin_gets_nothing_and_has_nothing_done(web: Web, browser: Browser) -> None:
    jobs = web.get("/api/jobs").document
    scripts: dict[str, Script] = {"/": answer(_ATTACK.replace("SERVICE", web.address))}
    with RawServer(scripts) as attacker:
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{attacker.port}/")
        page.wait_for_function("document.title === 'tried'")
        found = page.evaluate("window.found")
        frame = next(frame for frame in page.frames if frame.parent_frame is not None)
        assert "Broadsheet" not in frame.content()
        page.evaluate("document.getElementById('form').submit()")
        page.wait_for_url(f"{web.address}/api/crawl")
        assert json.loads(page.inner_text("body"))["status"] == 401
        page.close()
    assert found.pop("simple") in ("an answer", "refused"), "which nobody can read, of a request without a token"
    assert set(found.values()) == {"refused"}, found
    assert web.get("/api/jobs").document == jobs


def test_a_page_that_reaches_the_service_by_a_name_of_its_own_gets_nothing(web: Web, browser: Browser) -> None:
    page = browser.new_page()
    response = page.goto(f"http://evil.example:{web.port}/api/snapshot?url={quote(URL)}")
    assert response is not None
    assert response.status == 421
    assert "ferry" not in page.content()
    page.close()


def test_a_new_page_of_the_service_is_no_window_of_the_page_that_opened_it(
    web: Web, browser: Browser, tmp_path: Path
) -> None:
    opener = tmp_path / "opener.html"
    opener.write_text(f"<script>window.opened = window.open('{web.address}/')</script>")
    context = browser.new_context()
    with RawServer({"/": answer(opener.read_text())}) as attacker, context.expect_page() as opening:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{attacker.port}/")
        page.wait_for_function("window.opened === null || window.opened.closed")
    assert opening.value.evaluate("window.opener") is None
    context.close()
