"""What a crawl measures: sums that can be added, each under a name of its own."""

from __future__ import annotations

import threading

from broadsheet.crawler.measures import BOUNDS, Meter
from broadsheet.storage.model import Article, Date


def test_fetches_are_counted_within_every_bound_that_they_keep() -> None:
    meter = Meter()
    for seconds, status in ((0.05, 200), (0.051, 304), (3.0, 503), (61.0, None), (0.0, 999)):
        meter.fetched(seconds, status)
    found = meter.measures
    assert found.fetch_seconds.count == 5
    assert found.fetch_seconds.sum == 64.101
    assert found.fetch_seconds.within["0.05"] == 2
    assert found.fetch_seconds.within["0.1"] == 3
    assert found.fetch_seconds.within["60"] == 4
    assert list(found.fetch_seconds.within) == [f"{bound:g}" for bound in BOUNDS]
    assert found.answers == {"2xx": 1, "3xx": 1, "5xx": 1, "none": 1, "other": 1}


def test_what_an_article_lacks_is_counted_and_no_page_that_is_none() -> None:
    meter = Meter()
    date = Date(value="2026-06-10", precision="day", zone="unknown")
    meter.read(Article(title="Headline", text="A text.", published=date), None)
    meter.read(Article(title="Headline"), None)
    meter.read(None, None)
    meter.read(None, "it took too long")
    found = meter.measures
    assert (found.pages_read, found.articles_read) == (4, 2)
    assert found.extraction_failures == {
        "unreadable": 1,
        "without_text": 1,
        "without_headline": 0,
        "without_date": 1,
    }


def test_of_the_stores_repetitions_only_those_of_the_crawl_count() -> None:
    repeated = iter((7, 9))
    meter = Meter(lambda: next(repeated))
    meter.not_stored(refused=False)
    meter.not_stored(refused=True)
    assert meter.measures.store_errors == {"repeated": 2, "put_off": 1, "refused": 1}


def test_every_sum_has_a_name_of_words() -> None:
    meter = Meter()
    meter.fetched(0.2, 200)
    counters = meter.measures.counters()
    assert counters["fetch_seconds.within.0_25"] == 1
    assert counters["answers.2xx"] == 1
    assert counters["bytes.stored"] == 0
    assert counters["pages_read"] == 0


def test_threads_lose_no_count_to_each_other() -> None:
    meter = Meter()

    def count() -> None:
        for _ in range(2_000):
            meter.stored(1)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert meter.measures.bytes["stored"] == 8_000
