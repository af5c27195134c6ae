from __future__ import annotations

import base64
import logging
import os
from pathlib import Path

import pytest
from end_to_end.command import Broadsheet
from hypothesis import given
from hypothesis import strategies as st
from servers.web_server import served

from broadsheet.scheduler.tokens import SCOPES, Holder, Scope, TokenFileError, Tokens, make
from broadsheet.scheduler.web.app import make_app
from broadsheet.scheduler.web.parts import OpenedArchive, Parts, names_of, reads_need_token


def test_the_command_prints_a_token_and_a_line_that_lets_it_in(tmp_path: Path) -> None:
    printed = Broadsheet(str(tmp_path)).run("token", "press-office", "--scope", "read", "--json").document
    assert printed["token"] not in printed["line"]
    file = tmp_path / "tokens"
    file.write_text(f"# who reads\n\n{printed['line']}\n", encoding="utf-8")
    assert Tokens(file).holder(printed["token"]) == Holder(name="press-office", scope="read")
    assert Tokens(file).holder(printed["token"] + "x") is None


def test_people_are_shown_token_and_line(tmp_path: Path) -> None:
    ended = Broadsheet(str(tmp_path)).run("token", "desk")
    assert ended.status == 0
    assert "broadsheet_" in ended.text
    assert "desk crawl sha256:" in ended.text


@pytest.mark.parametrize("name", ["", "two words", "a\nb admin sha256:", "é", "x" * 65, "#comment", "schedule"])
def test_a_name_that_would_break_the_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no name for a token"):
        make(name, "read")
    assert Broadsheet(str(tmp_path)).run("token", "--", name).status == 2


def test_a_token_that_is_withdrawn_or_added_counts_at_once(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    one, line_of_one = make("one", "crawl")
    other, line_of_other = make("other", "admin")
    file.write_text(line_of_one, encoding="utf-8")
    tokens = Tokens(file)
    assert (tokens.holder(one) is not None, tokens.holder(other) is not None) == (True, False)
    following = tmp_path / "tokens.new"
    following.write_text(line_of_other, encoding="utf-8")
    following.replace(file)
    assert (tokens.holder(one) is not None, tokens.holder(other) is not None) == (False, True)


def test_a_pipe_in_the_place_of_the_file_lets_nobody_in_and_nobody_wait(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    token, line = make("desk", "admin")
    os.mkfifo(file)
    tokens = Tokens(file)
    with pytest.raises(TokenFileError, match="no regular file"):
        tokens.holder(token)
    file.unlink()
    file.write_text(line, encoding="utf-8")
    assert tokens.holder(token)


SCHEDULED = b"schedule crawl sha256:" + b"0" * 64


@pytest.mark.parametrize(
    "content",
    [
        b"desk crawl",
        b"desk root sha256:" + b"0" * 64,
        b"desk crawl sha256:12",
        b"\xff\xfe",
        b"plain-token",
        b"schedule crawl sha256:" + b"0" * 64,
    ],
)
def test_a_file_that_cannot_be_understood_lets_nobody_in_and_is_not_repeated(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "tokens"
    token, line = make("desk", "admin")
    file.write_text(line, encoding="utf-8")
    tokens = Tokens(file)
    assert tokens.holder(token)
    file.write_bytes(line.encode() + b"\n" + content)
    for _ in range(2):
        with pytest.raises(TokenFileError) as failure:
            tokens.holder(token)
        assert content.decode(errors="replace") not in str(failure.value)
    file.unlink()
    with pytest.raises(TokenFileError):
        tokens.holder(token)


def test_a_file_that_cannot_be_understood_is_logged_once_and_so_is_that_it_is_mended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    token, line = make("desk", "admin")
    file = tmp_path / "tokens"
    file.write_text("no such line", encoding="utf-8")
    tokens = Tokens(file)
    for _ in range(3):
        with pytest.raises(TokenFileError):
            tokens.holder(token)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert f"nobody who needs a token is let in: {file}: line 1" in caplog.text
    assert "no such line" not in caplog.text
    file.write_text(line, encoding="utf-8")
    assert tokens.holder(token)
    assert tokens.holder(token)
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


def test_a_file_that_everybody_can_write_to_is_warned_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    token, line = make("desk", "admin")
    file = tmp_path / "tokens"
    file.write_text(line, encoding="utf-8")
    file.chmod(0o666)
    tokens = Tokens(file)
    assert tokens.holder(token)
    assert tokens.holder(token)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert f"{file}: everybody on this machine can write to it" in caplog.text


def test_a_service_whose_file_of_tokens_cannot_be_used_is_not_ready_and_its_metrics_say_so(tmp_path: Path) -> None:
    _, line = make("desk", "admin")
    file = tmp_path / "tokens"
    file.write_text("no such line", encoding="utf-8")
    parts = Parts(archive=OpenedArchive(str(tmp_path / "archive")), tokens=Tokens(file), sources=dict)
    with served(make_app(parts)) as web:
        ready, metrics = web.get("/readyz"), web.get("/metrics").body.decode()
        file.write_text(line, encoding="utf-8")
        mended, metrics_then = web.get("/readyz"), web.get("/metrics").body.decode()
    assert (ready.status, mended.status) == (503, 200)
    assert ready.document["checks"]["tokens"].startswith(f"{file}: line 1")
    assert "broadsheet_tokens_file_valid 0.0" in metrics
    assert "broadsheet_tokens_file_valid 1.0" in metrics_then


@given(st.sampled_from(SCOPES), st.sampled_from(SCOPES))
def test_a_scope_allows_what_those_before_it_allow(held: Scope, needed: Scope) -> None:
    assert Holder(name="x", scope=held).may(needed) == (SCOPES.index(held) >= SCOPES.index(needed))


@given(st.text())
def test_whatever_is_sent_as_a_token_is_refused_quietly(text: str) -> None:
    assert Tokens().holder(text) is None


@pytest.mark.parametrize(
    ("host", "configured", "needed"),
    [
        ("127.0.0.1", None, False),
        ("::1", None, False),
        ("0.0.0.0", None, True),
        ("192.0.2.1", None, True),
        ("127.0.0.1", True, True),
        ("0.0.0.0", False, False),
    ],
)
def test_reads_are_open_on_loopback_alone_unless_configured(host: str, configured: bool | None, needed: bool) -> None:  # noqa: FBT001
    assert reads_need_token(host, configured=configured) is needed


def test_behind_a_proxy_on_the_same_machine_its_name_is_answered_to_and_reads_need_a_token() -> None:
    public = "https://Archive.example:8443/"
    assert names_of("127.0.0.1", public_url=public) == {"localhost", "127.0.0.1", "::1", "archive.example"}
    assert names_of("127.0.0.1", public_url=None) == {"localhost", "127.0.0.1", "::1"}
    assert names_of("0.0.0.0", public_url=public) == frozenset(), "any name"
    assert reads_need_token("127.0.0.1", configured=None, public_url=public)
    assert not reads_need_token("127.0.0.1", configured=False, public_url=public)


def test_where_reads_need_a_token_nothing_but_health_is_told_without(tmp_path: Path) -> None:
    token, line = make("reader", "read")
    file = tmp_path / "tokens"
    file.write_text(line, encoding="utf-8")
    archive = OpenedArchive(str(tmp_path / "archive"))
    trouble: list[str] = []

    def clock() -> None:
        if trouble:
            raise RuntimeError(trouble[0])

    checks = {"clock": clock}
    parts = Parts(archive=archive, tokens=Tokens(file), sources=dict, read_needs_token=True, checks=checks)
    basic = base64.b64encode(f"anybody:{token}".encode()).decode()
    url = "https://news.example/"
    mementos = [f"/timegate/{url}", f"/timemap/link/{url}", f"/timemap/json/{url}", f"/memento/20261122120000/{url}"]
    with served(make_app(parts)) as web:
        for path in ("/api/sources", "/api/changes", *mementos):
            refused = web.get(path)
            assert (refused.status, refused.document["error"]) == (401, "unauthorised")
            assert refused.headers["WWW-Authenticate"]
            for wrong in ("Bearer ", "Bearer x", f"Basic {token}", "Basic !", "Digest x", "Bearer " + "x" * 5000):
                assert web.get(path, {"Authorization": wrong}).status == 401
            for right in (f"Bearer {token}", f"bearer {token}", f"Basic {basic}"):
                assert web.get(path, {"Authorization": right}).status in (200, 404)
        assert web.get("/healthz").status == 200
        assert web.get("/readyz").document == {"ready": True, "checks": {"store": "ok", "tokens": "ok", "clock": "ok"}}
        trouble.append("it stands still since 12:00 in /srv/secret")
        assert web.get("/readyz").document["checks"] == {"store": "ok", "tokens": "ok", "clock": "failed"}
        told = web.get("/readyz", {"Authorization": f"Bearer {token}"})
        assert (told.status, told.document["checks"]["clock"]) == (503, trouble[0])
        os.truncate(file, 3)
        broken = web.get("/api/sources", {"Authorization": f"Bearer {token}"})
        assert (broken.status, broken.document["error"]) == (503, "tokens_unreadable")
