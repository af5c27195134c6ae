"""`broadsheet extract`: the article of an HTML file, or of many, without any archive."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import click

from broadsheet.crawler.reading.bulk import lines_of, read_lines
from broadsheet.crawler.reading.documents import MAXIMUM_DOCUMENT, refusal
from broadsheet.crawler.reading.page import HtmlPage, Reading
from broadsheet.crawler.reading.pool import ReadingPool
from broadsheet.scheduler.exits import FAILED
from broadsheet.scheduler.options import json_option
from broadsheet.scheduler.output import article_text, print_json, print_text, write_json


@click.command("extract")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default="-", metavar="[FILE / -]")
@click.option("--url", default="", help="The address the page came from; relative links are resolved against it.")
@click.option(
    "--jsonl",
    is_flag=True,
    help='Read lines {"id","url","html_path" or "html_base64"} from FILE or stdin, on all cores.',
)
@json_option
def command(file: Path, url: str, *, jsonl: bool, as_json: bool) -> int:
    """Print the article of an HTML FILE (stdin by default); with --jsonl, of every line of it."""
    now = datetime.now(UTC)
    if jsonl:
        if str(file) == "-":
            asyncio.run(_read_lines(sys.stdin.fileno(), now))
        else:
            with _opened(file) as lines:
                asyncio.run(_read_lines(lines.fileno(), now))
        return 0
    html = sys.stdin.buffer.read(MAXIMUM_DOCUMENT + 1) if str(file) == "-" else _read(file)
    if (reason := refusal(html)) is not None:
        click.echo(f"no article in {file}: it {reason}", err=True)
        return FAILED
    reading = asyncio.run(_read_page(HtmlPage(url=url, captured_at=now, html=html)))
    if reading.article is None or not (reading.article.text or reading.article.title):
        click.echo(f"no article in {file}: {reading.failure or reading.reason}", err=True)
        return FAILED
    if as_json:
        print_json(reading.article)
    else:
        print_text(article_text(reading.article))
    return 0


async def _read_lines(descriptor: int, now: datetime) -> None:
    async with ReadingPool() as pool:
        await read_lines(lines_of(descriptor), write_json, pool, captured_at=now)


async def _read_page(page: HtmlPage) -> Reading:
    async with ReadingPool(processes=1) as pool:
        return await pool.read(page)


def _read(file: Path) -> bytes:
    with _opened(file) as opened:
        return opened.read(MAXIMUM_DOCUMENT + 1)


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    try:
        with file.open("rb") as opened:
            yield opened
    except OSError as error:
        raise click.BadParameter(f"{file} cannot be read: {error.strerror}") from error
