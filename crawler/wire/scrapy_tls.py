"""Loads Scrapy's TLS, which is to be loaded before anything of Scrapy that leads to it, in a tenth of a second less.

For each of three deprecated names Scrapy looks through the whole stack and all modules as it is imported
(`scrapy.utils.deprecate.create_deprecated_class`), so that who uses the name is warned. Nobody here does: while it is
loaded, each is a plain subclass.
"""

from __future__ import annotations

from typing import Any

from scrapy.utils import deprecate


def _subclass(name: str, new_class: type, *_: Any, **__: Any) -> type:  # noqa: ANN401 - Scrapy's has many
    return type(name, (new_class,), {})


_created = deprecate.create_deprecated_class
deprecate.create_deprecated_class = _subclass
try:
    import scrapy.core.downloader.contextfactory  # noqa: F401
finally:
    deprecate.create_deprecated_class = _created
