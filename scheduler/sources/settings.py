"""What counts for a command or the service: the environment, the sources file, and what is so where neither says."""

from __future__ import annotations

import os
import tomllib

from broadsheet.crawler.capturing.spool_limits import SpoolLimits
from broadsheet.crawler.credentials import Credentials
from broadsheet.crawler.wire.proxy import Proxy
from broadsheet.scheduler.regular_files import read_regular_file
from broadsheet.scheduler.sources import values
from broadsheet.scheduler.sources.document import Source, SourcesFile, Webhook
from broadsheet.scheduler.sources.errors import ConfigError
from broadsheet.storage.takedown.retention import Retention

# 128 bits in hexadecimal digits are twice that; shorter ones are words.
_SHORTEST_SECRET = 16


def size(text: str, name: str) -> int:
    """Return how many bytes a size such as ``512 MiB`` is.

    Args:
        text: The size.
        name: What it is the size of, for people.

    Raises:
        ConfigError: It is none.
    """
    try:
        return values.size(text)
    except ValueError:
        raise ConfigError(f"{name} has to be {values.SIZE.allowed}, not {text!r}") from None


def user_agent(contact: str | None) -> str:
    """Return what a crawl calls itself: the project, its version, and who runs it."""
    from importlib.metadata import version

    return f"Broadsheet/{version('broadsheet')} (news archive; {contact or 'no contact given'})"


def operator_contact(document: SourcesFile | None, source: Source | None = None) -> str | None:
    """Return how the operator is reached: as the source says, else ``$BROADSHEET_CONTACT``, else the sources file.

    Raises:
        ConfigError: The variable holds no contact.
    """
    said = os.environ.get("BROADSHEET_CONTACT")
    try:
        of_environment = values.contact(said) if said else None
    except ValueError as error:
        reason = f" ({error})" if str(error) else ""
        raise ConfigError(f"$BROADSHEET_CONTACT has to be {values.CONTACT.allowed}, not {said!r}{reason}") from error
    of_source = source.contact if source else None
    return of_source or of_environment or (document.contact if document else None)


def spool_limits(document: SourcesFile | None) -> SpoolLimits:
    """Return how much may wait on this machine: what the environment says, else the sources file, else the defaults.

    ``$BROADSHEET_SPOOL_LIMIT`` and ``$BROADSHEET_FREE_DISK`` are the variables.

    Raises:
        ConfigError: One of them is no size.
    """
    waiting = _size("BROADSHEET_SPOOL_LIMIT", document.waiting_bytes if document else None)
    free = _size("BROADSHEET_FREE_DISK", document.free_bytes if document else None)
    default = SpoolLimits()
    return SpoolLimits(
        waiting_bytes=default.waiting_bytes if waiting is None else waiting,
        free_bytes=default.free_bytes if free is None else free,
    )


def proxy() -> Proxy | None:
    """Return what all connections go through: ``$BROADSHEET_PROXY``, or None.

    Raises:
        ConfigError: It is no proxy. The message holds nothing of it.
    """
    url = os.environ.get("BROADSHEET_PROXY")
    try:
        return Proxy.parse(url) if url else None
    except ValueError as error:
        raise ConfigError(f"$BROADSHEET_PROXY: {error}") from None


def credentials(source: Source) -> Credentials | None:
    """Return what opens a source to its subscriber, or None.

    Raises:
        ConfigError: The file cannot be used. The message holds nothing of what is in it but names of headers.
    """
    path = source.credentials
    if path is None:
        return None
    try:
        tables = tomllib.loads(read_regular_file(path).decode())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise ConfigError(f"{path}: is no TOML in UTF-8") from None  # Their messages may quote what is in it.
    headers = tables.get("headers")
    if set(tables) != {"headers"} or not isinstance(headers, dict):
        raise ConfigError(f'{path}: there has to be one table, [headers], such as Cookie = "..."')
    if not headers or not all(isinstance(value, str) for value in headers.values()):
        raise ConfigError(f"{path}: [headers] needs at least one header, each a text")
    try:
        return Credentials(headers, [source.home, *source.sections])
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from None


def secret(webhook: Webhook) -> bytes:
    """Return what the messages to a webhook are signed with.

    Raises:
        ConfigError: The file cannot be used. The message holds nothing of what is in it.
    """
    path = webhook.secret_file
    try:
        found = read_regular_file(path).strip()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    if len(found) < _SHORTEST_SECRET:
        raise ConfigError(f"{path}: a secret has at least {_SHORTEST_SECRET} characters")
    return found


def retentions(document: SourcesFile) -> list[Retention]:
    """Return how long the captures of each source are kept."""
    return [
        Retention(source=name, home=source.home, age=source.retention, keep_front_pages=source.keep_front_pages)
        for name, source in document.sources.items()
    ]


def _size(variable: str, configured: int | None) -> int | None:
    """Return how many bytes an environment variable says, else what is configured."""
    text = os.environ.get(variable)
    return size(text, f"${variable}") if text else configured
