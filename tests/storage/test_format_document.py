"""docs/format.md is a contract: it names every field that an index line or a metadata record of ours may have."""

from __future__ import annotations

from pathlib import Path

import pytest

from broadsheet.storage.captures import Request
from broadsheet.storage.cdxj import IndexLine

DOCUMENT = (Path(__file__).parents[2] / "docs" / "format.md").read_text()


@pytest.mark.parametrize("name", IndexLine.__struct_fields__)
def test_the_fields_of_an_index_line_are_in_its_table(name: str) -> None:
    table = DOCUMENT.partition("## Index segments")[2].partition("\n## ")[0]
    assert any(f"`{name}`" in row.split("|")[1] for row in table.splitlines() if row.startswith("|"))


@pytest.mark.parametrize("name", Request.__struct_fields__)
def test_what_tells_why_a_request_was_made_is_named(name: str) -> None:
    records = DOCUMENT.partition("## WARC segments")[2].partition("\n## ")[0]
    assert f"`{name}`" in records
