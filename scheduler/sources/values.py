"""What may stand in the sources file: of each kind of value, what is allowed and how it is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from broadsheet.crawler.discovery import url_patterns
from broadsheet.scheduler.sources.durations import duration
from broadsheet.scheduler.sources.schedules import schedule
from broadsheet.storage.model import Change
from broadsheet.storage.optouts import OptOut
from broadsheet.storage.urls import normalise

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(|[KMGT]i?)B?")
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_EMAIL = re.compile(r"[^\s@<>()\\\",;:]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_DAY = timedelta(days=1)
_CHANGES = get_args(Change)
_OPT_OUTS = get_args(OptOut)


class Kind(NamedTuple):
    """A kind of value.

    Attributes:
        allowed: What may stand there, for people.
        read: Returns what a value of a TOML file means. Raises ValueError where it is none, with the reason where
            that is not plain; InvalidURLError is one.
        is_secret: Whether what stands there is not to be repeated in a message.
    """

    allowed: str
    read: Callable[[Any], Any]
    is_secret: bool = False


class _NoneOfThisKindError(ValueError):
    """A value is of another type: what is allowed says it all."""

    def __str__(self) -> str:
        return ""


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise _NoneOfThisKindError
    return value


def size(value: object) -> int:
    """Return how many bytes a text such as ``2 GiB`` says.

    Raises:
        ValueError: It says no size.
    """
    found = _SIZE.fullmatch(_text(value).strip())
    if found is None:
        raise _NoneOfThisKindError
    return int(float(found[1]) * _UNITS[found[2]])


def contact(value: object) -> str:
    """Return a contact: a URL or an e-mail address that can be sent in the comment of a User-Agent.

    Raises:
        ValueError: It is none.
    """
    text = _text(value)
    if not (text.isascii() and text.isprintable()) or any(character in text for character in "()\\ "):
        raise ValueError("it cannot be sent in a header")
    parts = urlsplit(text)
    is_page = parts.scheme in ("http", "https") and parts.hostname
    if not is_page and not _EMAIL.fullmatch(text.removeprefix("mailto:")):
        raise _NoneOfThisKindError
    return text


def _url(value: object) -> str:
    return normalise(_text(value))


def _webhook_url(value: object) -> str:
    text = _text(value)
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.fragment:
        raise _NoneOfThisKindError
    normalise(text)
    return text


def _pattern(value: object) -> str:
    url_patterns.check(text := _text(value))
    return text


def _opt_out(value: object) -> str:
    if value not in _OPT_OUTS:
        raise _NoneOfThisKindError
    return str(value)


def _change(value: object) -> str:
    if value not in _CHANGES:
        raise _NoneOfThisKindError
    return str(value)


def _timezone(value: object) -> str:
    text = _text(value)
    try:
        return ZoneInfo(text).key
    except (LookupError, ValueError, OSError):
        raise _NoneOfThisKindError from None


def _length(value: object) -> timedelta:
    length = duration(_text(value))
    if length is None:
        raise _NoneOfThisKindError
    return length


def _age(value: object) -> timedelta:
    length = _length(value)
    if length < _DAY:
        raise _NoneOfThisKindError
    return length


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise _NoneOfThisKindError
    return value


def _at_least(least: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise _NoneOfThisKindError
        return value

    return read


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < float("inf"):
        raise _NoneOfThisKindError
    return float(value)


def _list_of(read: Callable[[object], str]) -> Callable[[object], tuple[str, ...]]:
    def read_all(value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise _NoneOfThisKindError
        return tuple(_one(read, each) for each in value)

    return read_all


def _one(read: Callable[[object], str], value: object) -> str:
    try:
        return read(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is none{f': {error}' if str(error) else ''}") from None


URL = Kind("an http or https URL", _url)
URLS = Kind("a list of http or https URLs", _list_of(_url))
PATTERNS = Kind("a list of patterns such as '/news/*' or 'https://example.org/*.html'", _list_of(_pattern))
OPT_OUTS = Kind(f"a list of {', '.join(map(repr, _OPT_OUTS))}", _list_of(_opt_out))
CHANGES = Kind(f"a list of {', '.join(map(repr, _CHANGES))}", _list_of(_change))
NAME = Kind("the name of a source of this file", _text)
WEBHOOK_URL = Kind("an http or https URL without user and fragment", _webhook_url, is_secret=True)
CONTACT = Kind("a URL or an e-mail address", contact)
SIZE = Kind("a size such as '2 GiB', '512 MiB' or '1000000'", size)
LENGTH = Kind("a length of time such as '90 seconds', '15 minutes' or '6 hours'", _length)
AGE = Kind("an age of at least a day, such as '400 days', '8 weeks' or '2 years'", _age)
SCHEDULE = Kind(
    "'learned', an interval such as 'every 15 minutes', or a cron line such as '*/15 6-22 * * mon-fri'",
    lambda value: schedule(_text(value)),
)
TIMEZONE = Kind("the name of a timezone such as 'Europe/Berlin' or 'UTC'", _timezone)
BOOLEAN = Kind("true or false", _boolean)
COUNT = Kind("a whole number, 1 or more", _at_least(1))
COUNT_OR_NONE = Kind("a whole number, 0 or more", _at_least(0))
SECONDS = Kind("a number of seconds, 0 or more", _seconds)
FILE = Kind("the path of a file", lambda value: Path(_text(value)))
