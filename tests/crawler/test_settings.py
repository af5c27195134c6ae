from __future__ import annotations

import subprocess
import sys

from servers.crawl_script import crawl


def test_a_crawl_loads_nothing_of_scrapy_that_it_does_not_use() -> None:
    report = crawl("http://127.0.0.1:9/", RETRY_TIMES=0)

    assert list(report.refused) == ["http://127.0.0.1:9/"]
    loaded = set(report.loaded)
    assert not {name for name in loaded if name.startswith("scrapy.extensions.")}
    assert not {name.partition(".")[0] for name in loaded} & {"aiohttp", "requests", "tldextract", "boto3", "botocore"}


def test_a_crawl_with_a_frontier_in_a_file_loads_nothing_that_postgresql_needs() -> None:
    loading = "import sys; from broadsheet.crawler.crawling.crawl import run; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", loading], capture_output=True, text=True, check=True)

    loaded = set(run.stdout.split())
    assert "sqlalchemy.dialects.sqlite" in loaded
    assert not loaded & {"sqlalchemy.dialects.postgresql", "pg8000"}
