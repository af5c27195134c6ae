"""Scrapy's TLS, loaded without what warns of its deprecated names."""

from __future__ import annotations

from scrapy.core.downloader import contextfactory, tls
from scrapy.utils.deprecate import create_deprecated_class

import broadsheet.crawler.wire.scrapy_tls  # noqa: F401


def test_the_deprecated_names_stand_for_the_classes_that_took_their_place() -> None:
    assert issubclass(tls.ScrapyClientTLSOptions, tls._ScrapyClientTLSOptions)
    assert issubclass(contextfactory.ScrapyClientContextFactory, contextfactory._ScrapyClientContextFactory)


def test_other_deprecated_names_are_warned_of_as_ever() -> None:
    assert create_deprecated_class.__module__ == "scrapy.utils.deprecate"
