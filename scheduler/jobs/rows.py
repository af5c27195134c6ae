"""Jobs as they lie in their table."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Row, Select, select

from broadsheet.scheduler.jobs.model import Job
from broadsheet.scheduler.jobs.schema import jobs as table

_COLUMNS = [table.c[name] for name in Job.__struct_fields__]


def select_jobs() -> Select[Any]:
    """Return a query of all jobs, whose rows are for `job_of`."""
    return select(*_COLUMNS)


def job_of(row: Row[Any]) -> Job:
    """Return the job that lies in a row."""
    columns = row._asdict()
    result = columns.pop("result")
    return Job(**columns, result=None if result is None else msgspec.json.decode(result))
