"""What the web application is made of: the service puts it together and gives it to `app.make_app`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from msgspec import Struct, field

from broadsheet.scheduler.alarms.notices import About, Kind, Notice
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.sources.document import DEFAULT_READS, DEFAULT_WRITES, Source
from broadsheet.scheduler.tokens import Tokens
from broadsheet.scheduler.web.bodies import Bodies
from broadsheet.storage.archive import Archive
from broadsheet.storage.http.codings import DEFAULT_LIMIT

# What is asked to tell whether the service is ready: returns when it is, raises with the reason when not.
Check = Callable[[], None]
# Returns the latest notices, the newest first.
Notices = Callable[[About], Sequence[Notice]]

LONGEST_LIST = 10_000
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class Parts(Struct, frozen=True, kw_only=True):
    """Everything that the web application reads and writes.

    Attributes:
        archive: Returns the archive; opened when it is first asked, so that the service starts while the store is
            away. Called in threads.
        tokens: Who may do what.
        sources: Returns the sources by name, as they are configured now.
        sources_problems: Returns what is wrong with the sources file now; nothing where `sources` is what it says.
        jobs: What was asked for and what became of it; None where nothing can be asked for.
        checks: By name, what has to hold before the service is ready (``database``, ``clock``); the store is asked
            besides. Called in threads.
        next_run: Returns when a source will be crawled next by itself; None where it will not be, or nobody knows.
            Called in threads.
        alarms: Returns the alarms that are raised, by source, None for the service itself. Called in threads.
        notices: Returns the latest alarms or changes of what is watched; None where nobody watches. Called in threads.
        spool_bytes: Returns how many bytes wait in the spool; None where that is not known here. Called in threads.
        hosts: The names by which the service is addressed, without ports: other Host headers are refused, which is
            what keeps a page in somebody's browser from reaching it through a name of its own (DNS rebinding). Empty
            for any name.
        read_needs_token: Whether reading needs a token too; see `reads_need_token`.
        longest_wait: Seconds for which an answer is waited for at most, whatever is asked for.
        is_stopping: Tells whether the service ends: whoever waits for an answer is sent away with the job.
        bodies: What makes the bodies of answers.
        longest_body: The most bytes of a body that was archived, without its codings.
        longest_list: The most versions that are listed at once.
        reads_per_minute: How many reads a token or an address may make a minute; more are told to wait.
        writes_per_minute: How many writes a token or an address may make a minute; more are told to wait.
    """

    archive: Callable[[], Archive]
    tokens: Tokens
    sources: Callable[[], Mapping[str, Source]]
    sources_problems: Callable[[], Sequence[str]] = tuple
    jobs: Jobs | None = None
    checks: Mapping[str, Check] = {}
    next_run: Callable[[str, Source], datetime | None] = lambda _name, _source: None
    alarms: Callable[[], Mapping[str | None, Sequence[Kind]]] = dict
    notices: Notices | None = None
    spool_bytes: Callable[[], int] | None = None
    hosts: frozenset[str] = LOOPBACK_HOSTS
    read_needs_token: bool = False
    longest_wait: float = 120.0
    is_stopping: Callable[[], bool] = lambda: False
    reads_per_minute: int = DEFAULT_READS
    writes_per_minute: int = DEFAULT_WRITES
    bodies: Bodies = field(default_factory=Bodies)
    longest_body: int = DEFAULT_LIMIT
    longest_list: int = LONGEST_LIST


class OpenedArchive:
    """The archive at an address, opened when it is first asked for. Safe to use from several threads.

    Args:
        uri: Its address.
        deadline: Seconds for which a request to its store is repeated: whoever waits for an answer is told soon.
    """

    def __init__(self, uri: str, *, deadline: float = 10.0) -> None:
        self._uri = uri
        self._deadline = deadline
        self._archive: Archive | None = None

    def __call__(self) -> Archive:
        """Return the archive.

        Raises:
            ArchiveError: It cannot be opened.
        """
        if self._archive is None:
            self._archive = Archive.open(self._uri, deadline=self._deadline)
        return self._archive


def names_of(host: str, *, public_url: str | None) -> frozenset[str]:
    """Return the names by which the service is addressed, for `Parts.hosts`; any where it does not bind to loopback.

    Args:
        host: What it binds to.
        public_url: ``public_url`` of the sources file's ``[service]``, or None: a proxy on this machine passes on its
            name.
    """
    if host not in LOOPBACK_HOSTS:
        return frozenset()
    public = urlsplit(public_url).hostname if public_url else None
    return LOOPBACK_HOSTS | {public} if public else LOOPBACK_HOSTS


def reads_need_token(host: str, *, configured: bool | None, public_url: str | None = None) -> bool:
    """Tell whether reading needs a token: as configured, else wherever others than this machine can ask.

    Args:
        host: What the service binds to.
        configured: ``read_needs_token`` of the sources file's ``[service]``, or None.
        public_url: ``public_url`` of it, or None: behind a proxy others can ask, whatever the service binds to.
    """
    return configured if configured is not None else host not in LOOPBACK_HOSTS or public_url is not None
