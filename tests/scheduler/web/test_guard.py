from __future__ import annotations

import asyncio

from starlette.types import Message, Receive, Scope, Send

from broadsheet.scheduler.web.guard import Guard

SCOPE: Scope = {"type": "http", "method": "POST", "path": "/", "headers": []}


async def _nothing_more() -> Message:
    nothing: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
    return await nothing


async def _said_when_cancelled(*, begun: bool) -> list[Message]:
    """Return what is sent by an answer that waits for the rest of a body when the server ends."""
    said: list[Message] = []
    waiting = asyncio.Event()

    async def waits(_: Scope, receive: Receive, send: Send) -> None:
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        waiting.set()
        await receive()

    async def sent(message: Message) -> None:
        said.append(message)

    answering = asyncio.ensure_future(Guard(waits, frozenset(), "/open", lambda *_: None)(SCOPE, _nothing_more, sent))
    await waiting.wait()
    answering.cancel()
    await answering
    return said


def test_whoever_is_not_answered_yet_when_the_service_ends_is_told_to_ask_again() -> None:
    start, body = asyncio.run(_said_when_cancelled(begun=False))
    assert start["status"] == 503
    assert (b"retry-after", b"10") in [(name.lower(), value) for name, value in start["headers"]]
    assert b'"error":"stopping"' in body["body"]


def test_an_answer_that_has_begun_when_the_service_ends_is_cut_off() -> None:
    assert [message["type"] for message in asyncio.run(_said_when_cancelled(begun=True))] == ["http.response.start"]
