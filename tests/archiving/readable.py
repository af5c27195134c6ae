"""Pages that a real reader takes for articles, and publishing what it reads in them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from archiving.writer import Visit, Writer, answer, moment

from broadsheet.crawler.recovery.rereading import SegmentReader


def page(url: str, minute: float, text: str) -> Visit:
    """A visit to a page that a reader takes for an article."""
    paragraphs = "".join(f"<p>{text} {number}: somebody said it at the town hall</p>" for number in range(9))
    body = (
        '<html><head><title>A story</title><meta property="og:type" content="article">'
        '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "A story"}</script></head>'
        f"<body><article><h1>A story</h1>{paragraphs}</article></body></html>"
    ).encode()
    return Visit(url=url, at=moment(minute), response=answer(body))


def publish(writer: Writer, *visits: Visit) -> None:
    """Record visits and publish what the real readers find in them."""
    publish_batches(writer, [visits])


def publish_batches(writer: Writer, batches: Iterable[Sequence[Visit]]) -> None:
    """Do so batch by batch, with readers that are started once."""

    async def publish_all() -> None:
        async with SegmentReader() as reader:
            for visits in batches:
                batch, _ = writer.record(*visits)
                plan, _ = writer.plan(batch, await reader.read(batch.segment))
                writer.finish(batch, plan)

    asyncio.run(publish_all())
