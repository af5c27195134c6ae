"""What `broadsheet.storage` offers downstream jobs, and what it does not make them load."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import broadsheet.storage

LOADED = "import sys; from broadsheet.storage import Archive; print(*sys.modules)"


def test_a_reader_loads_neither_the_crawler_nor_what_only_other_archives_need() -> None:
    run = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())

    packages = {name.partition(".")[0] for name in loaded}
    assert not packages & {"scrapy", "twisted", "trafilatura", "lxml", "boto3", "botocore", "sqlite3", "click", "rich"}
    assert not any(name.startswith(("broadsheet.crawler", "broadsheet.scheduler")) for name in loaded)


def test_everything_public_is_named_in_all_and_is_there() -> None:
    public = {
        name
        for name, value in vars(broadsheet.storage).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }

    assert public == set(broadsheet.storage.__all__)
    assert broadsheet.storage.__all__ == sorted(broadsheet.storage.__all__)


def test_everything_public_tells_what_it_is_for() -> None:
    for name in broadsheet.storage.__all__:
        assert getattr(broadsheet.storage, name).__doc__, name
