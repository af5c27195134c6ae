"""The keys of runs: which publications of which writer one holds can be told without reading it."""

from __future__ import annotations

import re
from typing import NamedTuple

from broadsheet.storage import layout

RUN_FAN_IN = 8
_RUN_INDEX_KEY = re.compile(rf"({layout.RUNS}([0-9a-f]{{8}})/([0-9]{{2}})/)([0-9]{{10}})-[0-9a-f]{{32}}\.idx")


class RunName(NamedTuple):
    """What the key of a run's block index tells without reading it: which publications of a writer the run holds."""

    key: str
    directory: str
    writer: str
    level: int
    first: int

    @property
    def last(self) -> int:
        """The number of the last publication that the run holds."""
        return self.first + publications_in_run(self.level) - 1


def publications_in_run(level: int) -> int:
    """Return how many publications of a writer a run of a level holds."""
    return int(RUN_FAN_IN**level)


def writer_prefix(writer: str) -> str:
    """Return the prefix under which all runs of a writer lie."""
    return f"{layout.RUNS}{writer}/"


def level_prefix(writer: str, level: int) -> str:
    """Return the prefix under which the runs of one level of a writer lie."""
    return f"{writer_prefix(writer)}{level:02d}/"


def lines_key(writer: str, level: int, first: int, digest: str) -> str:
    """Return the key of a run's lines.

    Args:
        writer: Whose publications they are, 8 hex digits.
        level: How often runs were merged into it: see `publications_in_run`.
        first: The number of the first of them; stands inverted, so that the newest run sorts first.
        digest: 32 hex digits of the SHA-256 of the run's bytes.
    """
    return f"{level_prefix(writer, level)}{layout.HIGHEST_NUMBER - first:010d}-{digest}.cdxj.gz"


def index_key(writer: str, level: int, first: int, data: bytes) -> str:
    """Return the key of the block index of a run, with these bytes."""
    return f"{level_prefix(writer, level)}{layout.HIGHEST_NUMBER - first:010d}-{layout.digest_name(data)}.idx"


def parse(key: str) -> RunName | None:
    """Take the key of a run's block index apart; None where it is another object's, that of the lines for one."""
    match = _RUN_INDEX_KEY.fullmatch(key)
    return RunName(key, match[1], match[2], int(match[3]), layout.HIGHEST_NUMBER - int(match[4])) if match else None
