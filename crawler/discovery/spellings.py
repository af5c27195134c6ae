"""Which of the addresses of one article a run fetches: the first that is met; another where that is not there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from broadsheet.crawler.discovery.variants import plain_form, slash_twin
from broadsheet.crawler.frontier.recent import Recent
from broadsheet.crawler.frontier.visits import key_of

# Of so many addresses it is kept in mind which variant of theirs stands in for them where they are not there.
_MOST_KEPT = 50_000


class Spellings:
    """What a run has met of the variants of addresses.

    Args:
        met: Which of some URLs the run fetches or has fetched.
        is_held: Whether the archive holds an article under a URL: then it stays an article of its own.
    """

    def __init__(self, met: Callable[[Collection[str]], set[str]], is_held: Callable[[str], bool]) -> None:
        self._met = met
        self._is_held = is_held
        self._missing = Recent()
        self._stand_ins: dict[str, str] = {}

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
        met = self._met(list(twins.values()))
        found: dict[str, str] = {}
        for url, twin in twins.items():
            fetched = twin in met or (twin in twins and twin not in found and url > twin)
            if fetched and key_of(twin) not in self._missing and not self._is_held(url):
                found[url] = twin
        return found

    def stand_in(self, variant: str, plain: str) -> None:
        """Keep in mind that a variant is fetched where its plain form is not there."""
        if len(self._stand_ins) < _MOST_KEPT:
            self._stand_ins.setdefault(key_of(plain), variant)

    def found(self, url: str) -> None:
        """Note that there is something at an address."""
        self._stand_ins.pop(key_of(url), None)

    def missed(self, url: str) -> str | None:
        """Note that nothing could be had at an address; return the variant that is fetched in its place, if any."""
        self._missing.add(key_of(url))
        return self._stand_ins.pop(key_of(url), None)
