"""What a crawl came to whose processes were ended again and again, and what is expected of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from crash.sites import Site, is_requisite
from end_to_end.command import balanced


@dataclass
class Crawled:
    """What an archive has in the end, and what the crawl said.

    Attributes:
        summary: What the process printed that came to the end.
        versions: How many versions each article has, by its path.
        archived: The paths of all captures.
        stored: How often the body of each page is in it, by its path.
    """

    summary: dict[str, Any]
    versions: Counter[str]
    archived: set[str]
    stored: Counter[str]


@dataclass
class Outcome:
    """What it came to.

    Attributes:
        undisturbed: What a crawl comes to that nobody ends.
        ended: What this one came to.
        kills: How many processes were ended.
        losses: After how many of them the frontier was lost.
        slowest: How long one took to end, in seconds, at most.
        asked: How often each path was asked for, robots.txt and guesses aside.
        asked_since: How often since the frontier was lost.
        again: How many requests were repeated.
        unexplained: Paths that were asked for again and were not in flight when the process was ended.
        most_in_flight: How many were in flight then, at most.
    """

    site: Site
    undisturbed: Crawled
    ended: Crawled | None = None
    kills: int = 0
    losses: int = 0
    slowest: float = 0.0
    asked: Counter[str] = field(default_factory=Counter)
    asked_since: Counter[str] = field(default_factory=Counter)
    again: int = 0
    unexplained: list[str] = field(default_factory=list)
    most_in_flight: int = 0

    @property
    def stored_again(self) -> list[str]:
        """Pages whose body the archive has more than once."""
        assert self.ended is not None
        stored = self.ended.stored.items()
        return sorted(path for path, count in stored if count > 1 and not is_requisite(path))

    @property
    def unclaimed(self) -> set[str]:
        """Pages that stand for themselves, since their process was ended before what they claim was known."""
        assert self.ended is not None
        return self.site.claims.keys() & self.ended.versions.keys()

    @property
    def unmet(self) -> set[str]:
        """What only these claim and nobody has looked for."""
        assert self.ended is not None
        return {self.site.claims[page] for page in self.unclaimed} - self.ended.versions.keys()

    def check(self) -> None:
        """Fail where something was missed, done twice, or is not counted."""
        ended, whole = self.ended, self.undisturbed
        assert ended is not None
        balanced(ended.summary)
        different = (set(ended.versions) - self.unclaimed) ^ (set(whole.versions) - self.unmet)
        assert not different, f"articles that were missed, or are too many: {sorted(different)}"
        assert set(ended.versions.values()) == {1}
        missed = whole.archived - ended.archived - self.unmet
        if self.losses:
            # Of an article that is unchanged, nobody looks for what it is shown with.
            missed = {path for path in missed if not is_requisite(path)}
        assert not missed, f"not archived: {sorted(missed)}"
        assert not self.unexplained, f"fetched again though not in flight: {self.unexplained}"
        assert not self.stored_again, f"stored again: {self.stored_again}"
        if self.losses and self.site.claims:
            return  # What the archive has by then is not looked for at other addresses.
        assert ended.summary["discovered"] == whole.summary["discovered"] - len(self.unmet)
        assert ended.summary["skipped"] == whole.summary["skipped"]
        # A crawl that begins again looks at what is archived as the next crawl would.
        found = ended.summary["outcomes"]["new"] + ended.summary["outcomes"]["unchanged"]
        assert found == whole.summary["outcomes"]["new"] + len(self.unclaimed) - len(self.unmet)
        assert self.losses or not ended.summary["outcomes"]["unchanged"]
