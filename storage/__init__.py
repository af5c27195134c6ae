"""The archive: what is in it, where it lies, and how it is read. Loads neither Scrapy nor trafilatura.

A downstream job needs nothing but what is here::

    from broadsheet.storage import Archive

    for snapshot in Archive.open("s3://news/archive").versions("https://news.example/a"):
        ...
"""

from broadsheet.storage.archive import Archive, Check
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.chains.changes import Change, Changes
from broadsheet.storage.differences import Difference, FieldDifference, Run, difference
from broadsheet.storage.errors import (
    ArchiveAddressError,
    ArchiveDamagedError,
    ArchiveError,
    ArchiveFormatError,
    CursorError,
    InvalidURLError,
    NoSuchVersionError,
    StoreError,
    StoreUnavailableError,
    TablesUnavailableError,
    TakenDownError,
)
from broadsheet.storage.model import (
    Article,
    Author,
    Correction,
    Date,
    Extractor,
    HttpAnswer,
    Image,
    RelatedLink,
    Snapshot,
    Subscription,
    SubscriptionBlock,
    TextLine,
    WarcLocation,
)

__all__ = [
    "Archive",
    "ArchiveAddressError",
    "ArchiveDamagedError",
    "ArchiveError",
    "ArchiveFormatError",
    "Article",
    "Author",
    "Change",
    "Changes",
    "Check",
    "Correction",
    "CursorError",
    "Date",
    "Difference",
    "Extractor",
    "FieldDifference",
    "HttpAnswer",
    "Image",
    "IndexLine",
    "InvalidURLError",
    "NoSuchVersionError",
    "RelatedLink",
    "Run",
    "Snapshot",
    "StoreError",
    "StoreUnavailableError",
    "Subscription",
    "SubscriptionBlock",
    "TablesUnavailableError",
    "TakenDownError",
    "TextLine",
    "WarcLocation",
    "difference",
]
