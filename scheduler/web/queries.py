"""What can be asked about an article, and how."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

EXAMPLE = "https://news.example/town/tidal-barrier-approved"

URL = Annotated[str, Meta(description="The article's address, http or https.", max_length=8192, examples=[EXAMPLE])]
Number = Annotated[int, Meta(description="A version's number, from 1.", ge=1, examples=[1])]


class UrlQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which article."""

    url: URL
