"""A real Chromium, for pages that are looked at."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from broadsheet.crawler.rendering.browser import find_browser


@contextlib.contextmanager
def chromium(*options: str) -> Iterator[Browser]:
    """Start one with these options until the end of the block; where none is installed, the test is skipped."""
    program = find_browser()
    if program is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", *options])
        try:
            yield browser
        finally:
            browser.close()
