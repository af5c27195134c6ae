"""What was published, told to the run whose batch it was, whichever process publishes it.

A batch is acknowledged before it is discarded from the spool, and as often as it is published: nothing that a killed
process had published is fetched again, and nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select, update

from broadsheet.crawler.frontier.database import Database
from broadsheet.crawler.frontier.schema import batches, runs
from broadsheet.crawler.frontier.visits import ACKNOWLEDGE, told
from broadsheet.storage.publishing.publication import Answer


def begin(connection: Connection, batch: str, run: int) -> None:
    """Note whose batch it is."""
    connection.execute(insert(batches).values(batch=batch, run=run))


def acknowledge(connection: Connection, batch: str, warc_key: str, answers: Sequence[Answer]) -> None:
    """Note that a batch is published; nothing happens where its run is over, or it was no run's.

    Args:
        connection: A transaction.
        batch: Its name.
        warc_key: The key of its WARC segment.
        answers: What its pages came to.
    """
    found = connection.execute(select(batches.c.run, batches.c.warc_key).where(batches.c.batch == batch)).first()
    if found is None:
        return
    if found.warc_key is None:
        connection.execute(update(batches).where(batches.c.batch == batch).values(warc_key=warc_key))
        connection.execute(update(runs).where(runs.c.id == found.run).values(fetched=runs.c.fetched + len(answers)))
    meant = sorted((answer for answer in answers if answer.outcome is not None), key=lambda answer: answer.at)
    if meant:
        connection.execute(
            ACKNOWLEDGE,
            [
                told(
                    found.run,
                    answer.filed_as,
                    became=answer.outcome,
                    explanation=answer.reason if answer.outcome == "failed" else None,
                    answered_by=answer.url,
                    at=answer.at,
                )
                for answer in meant
            ],
        )


class Acknowledgements:
    """Tells the runs of processes that are gone what was published of theirs.

    Args:
        database: The frontier.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def __call__(self, batch: str, warc_key: str, answers: Sequence[Answer]) -> None:
        """Note that a batch is published.

        Raises:
            FrontierError: The frontier cannot be used; the batch has to stay in the spool.
        """
        with self._database.writing() as connection:
            acknowledge(connection, batch, warc_key, answers)
