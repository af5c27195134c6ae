"""What the pages of a run have come to, by the shape of their addresses: what `traps` learns outlives its process."""

from __future__ import annotations

import hashlib

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, select

from broadsheet.crawler.frontier.database import Database
from broadsheet.crawler.frontier.schema import shapes
from broadsheet.crawler.frontier.upserts import upsert


class Shape(Struct):
    """The pages of one shape.

    Attributes:
        credit: How many more are fetched in turn.
        barren: How many in a row have led to nothing.
        repeats: How many of those were articles that had been met at another address.
        articles: Whether any of them was an article that had not.
        tried: What sets those apart that have led to nothing, where they are a family of lists with filters.
        pages: How many were read, where it is noted what they link to.
        links: How many links those had to others of their kind.
        fresh: How many of these led to what was not met before.
        listed: Whether a feed or sitemap lists any.
    """

    credit: int
    barren: int = 0
    repeats: int = 0
    articles: bool = False
    tried: set[str] = set()
    pages: int = 0
    links: int = 0
    fresh: int = 0
    listed: bool = False


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Shape).decode


class Shapes:
    """The shapes of a run.

    Args:
        database: Where they are.
        run: The run's number.
    """

    def __init__(self, database: Database, run: int) -> None:
        self._database = database
        self._run = run
        self._noted: dict[str, Shape] = {}

    def all(self) -> dict[str, Shape]:
        """Return what an ended process has noted of each."""
        with self._database.reading() as connection:
            rows = connection.execute(select(shapes.c.shape, shapes.c.pages).where(shapes.c.run == self._run))
            return {name: _decode(pages) for name, pages in rows}

    def note(self, name: str, shape: Shape) -> None:
        """Note that something has changed."""
        self._noted[name] = shape

    @property
    def is_to_be_written(self) -> bool:
        """Whether something was noted since the last `write`."""
        return bool(self._noted)

    def write(self, connection: Connection) -> None:
        """Bring what was noted into the database. May be repeated until `written`."""
        rows = [
            {"run": self._run, "key": _key(name), "shape": name, "pages": _encode(shape)}
            for name, shape in self._noted.items()
        ]
        if rows:
            connection.execute(upsert(connection, shapes, rewritten=["pages"]), rows)

    def written(self) -> None:
        """Forget what was noted: it is in the database."""
        self._noted.clear()


def _key(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
