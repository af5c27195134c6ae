"""Listings come out in the order of keys as bytes, from servers that list in another order too."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.storage.stores.listing import Page, in_key_order
from broadsheet.storage.stores.objects import ObjectEntry

_NAMES = st.text("ab-.0", min_size=1, max_size=3)
_PATHS = st.lists(_NAMES, min_size=1, max_size=4).map("/".join)


def by_bytes(key: str) -> str:
    return key


def by_directory(key: str) -> list[str]:
    return key.split("/")


class Server:
    """Lists a set of keys page by page in an order of its own."""

    def __init__(self, keys: set[str], order: Callable[[str], object], page_length: int) -> None:
        self.listing = sorted(keys, key=order)  # type: ignore[arg-type]  # strings or lists, never both
        self.page_length = page_length
        self.pages_given = 0
        self.questions = 0

    def pages(self) -> Iterator[Page]:
        for start in range(0, max(1, len(self.listing)), self.page_length):
            end = start + self.page_length
            self.pages_given += 1
            yield Page([ObjectEntry(key, 1) for key in self.listing[start:end]], end < len(self.listing))

    def first_key(self, beginning: str) -> str | None:
        self.questions += 1
        return next((key for key in self.listing if key.startswith(beginning)), None)

    def listed(self, prefix: str = "") -> Iterator[str]:
        return (entry.key for entry in in_key_order(self.pages(), prefix, self.first_key))


@pytest.mark.parametrize("order", [by_bytes, by_directory])
@given(paths=st.sets(_PATHS, max_size=40), page_length=st.integers(1, 12))
def test_every_key_is_listed_once_and_in_the_order_of_bytes(
    order: Callable[[str], object], paths: set[str], page_length: int
) -> None:
    # A key is never the directory of another.
    keys = {path for path in paths if not any(other.startswith(path + "/") for other in paths)}

    assert list(Server(keys, order, page_length).listed()) == sorted(keys)


@pytest.mark.parametrize("order", [by_bytes, by_directory])
@given(paths=st.sets(_PATHS, max_size=40), page_length=st.integers(1, 12))
def test_the_same_holds_below_a_prefix(order: Callable[[str], object], paths: set[str], page_length: int) -> None:
    below = {f"x/y/{path}" for path in paths if not any(other.startswith(path + "/") for other in paths)}

    assert list(Server(below, order, page_length).listed("x/y/")) == sorted(below)


@pytest.mark.parametrize("order", [by_bytes, by_directory])
def test_a_key_comes_out_before_the_next_page_is_asked_for(order: Callable[[str], object]) -> None:
    server = Server({f"d/{number:02d}/k{last}" for number in range(50) for last in range(10)}, order, 20)

    listing = server.listed()
    for _ in range(15):
        next(listing)

    assert server.pages_given == 1


def test_a_listing_that_fits_a_page_asks_nothing_else() -> None:
    server = Server({"a/b", "a-", "a0"}, by_directory, 1000)

    assert list(server.listed()) == ["a-", "a/b", "a0"]
    assert server.questions == 0


def test_a_directory_is_asked_about_once_however_many_pages_it_spans() -> None:
    server = Server({f"d/{number:04d}" for number in range(500)}, by_directory, 10)

    assert len(list(server.listed())) == 500
    assert server.questions == 2


def test_a_directory_whose_sibling_has_come_already_is_not_held_back() -> None:
    server = Server({"d-", *(f"d/{number:04d}" for number in range(500))}, by_bytes, 10)

    listing = server.listed()
    for _ in range(15):
        next(listing)

    assert server.pages_given == 2
