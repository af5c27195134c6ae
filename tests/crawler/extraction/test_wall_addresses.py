"""Which addresses name a log-in or a consent page, and which only look a little like one."""

from __future__ import annotations

import pytest

from broadsheet.crawler.extraction.wall_addresses import wall_at


@pytest.mark.parametrize(
    "address",
    [
        "https://id.courier.example/",
        "https://id.courier.example/berita/politik-2026",
        "https://id.wiki.example/wiki/Pelabuhan?action=view",
        "https://id.courier.example/berita?from=front&next=2",
        "https://id.courier.example/cari?q=redirect_uri",
    ],
)
def test_a_host_that_begins_with_id_is_no_log_in_page_for_that_alone(address: str) -> None:
    assert wall_at(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "https://id.courier.example/?client_id=news&response_type=code",
        "https://id.courier.example/u/enter?redirect_uri=https%3A%2F%2Fcourier.example%2Fstory",
        "https://id.courier.example/?returnUrl=/story",
        "https://id.courier.example/signin",
        "https://accounts.courier.example/",
        "https://courier.example/login?next=/story",
    ],
)
def test_a_way_back_a_client_or_a_path_that_says_so_makes_a_log_in_page(address: str) -> None:
    assert wall_at(address) == "login wall"
