"""Which extraction this is. Kept apart, so that a crawl can say it without loading what reads pages."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version

from broadsheet.storage.model import Extractor

# Raised with every change that gives the same page another article.
REVISION = "4"


@cache
def extractor() -> Extractor:
    """Return what stands in a snapshot as its extractor."""
    return Extractor(name="broadsheet", version=REVISION, trafilatura=version("trafilatura"))
