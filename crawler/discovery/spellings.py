"""Which of the addresses of one article a run fetches: the first that is met; another where that is not there."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from broadsheet.crawler.discovery.variants import plain_form, slash_twin
from broadsheet.crawler.frontier.recent import Recent
from broadsheet.crawler.frontier.run import Run
from broadsheet.crawler.frontier.visits import key_of


class Spellings:
    """What a run has met of the variants of addresses.

    Args:
        run: The run.
        is_held: Whether the archive holds an article under a URL: then it stays an article of its own.
    """

    def __init__(self, run: Run, is_held: Callable[[str], bool]) -> None:
        self._run = run
        self._is_held = is_held
        self._missing = Recent()

    def plain(self, url: str) -> str:
        """Return the address that is fetched in place of one: itself, unless it is a variant of what may be there."""
        plain = plain_form(url)
        if plain == url or key_of(plain) in self._missing or self._is_held(url):
            return url
        return plain

    def twins_of(self, urls: Iterable[str]) -> dict[str, str]:
        """Return those URLs which, but for the slash at the end, the run fetches already or that are twice among them.

        Args:
            urls: Such as the run has not met.

        Returns:
            By such a URL the one that is fetched in its place.
        """
        twins = {url: twin for url in urls if (twin := slash_twin(url)) is not None}
        met = self._run.met(list(twins.values()))
        found: dict[str, str] = {}
        for url, twin in twins.items():
            fetched = twin in met or (twin in twins and twin not in found and url > twin)
            if fetched and key_of(twin) not in self._missing and not self._is_held(url):
                found[url] = twin
        return found

    def stand_in(self, variant: str, plain: str) -> None:
        """Note that a variant is fetched where its plain form is not there."""
        self._run.stand_ins.note(variant, plain)

    def missed(self, url: str) -> str | None:
        """Note that nothing could be had at an address; return the variant that is fetched in its place, if any."""
        self._missing.add(key_of(url))
        return self._run.stand_ins.of(url)
