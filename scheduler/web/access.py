"""Whether whoever asks may: by the token in the Authorization header."""

from __future__ import annotations

import base64
import binascii
from ipaddress import IPv6Address, IPv6Network, ip_address

from starlette.requests import HTTPConnection

from broadsheet.scheduler.tokens import Holder, Scope
from broadsheet.scheduler.web.errors import ProblemError
from broadsheet.scheduler.web.parts import Parts
from broadsheet.scheduler.web.rates import RateLimit

_LONGEST_TOKEN = 512


class Access:
    """Lets requests in, or refuses them.

    Args:
        parts: The parts of the application.
    """

    def __init__(self, parts: Parts) -> None:
        self._tokens = parts.tokens
        self._read_needs_token = parts.read_needs_token
        self._reads = RateLimit(parts.reads_per_minute)
        self._writes = RateLimit(parts.writes_per_minute)

    def reader(self, connection: HTTPConnection) -> str:
        """Let a reader in, and count it; return who asks: a token where reading needs one, else an address.

        Browsers know no bearer tokens: for reading, a token is also taken as the password of Basic authentication.

        Raises:
            ProblemError: Reading needs a token, and this is none, or it is too often.
        """
        holder = self._reader(connection) if self._read_needs_token else None
        asker = _asker(connection, holder)
        # Who tries tokens is counted as well, by address.
        _count(self._reads, asker, "reads")
        if self._read_needs_token and holder is None:
            raise _not_a_reader()
        return asker

    def anyone(self, connection: HTTPConnection) -> str:
        """Count a read that needs no token; return who asks.

        Raises:
            ProblemError: It is too often.
        """
        asker = _asker(connection, None)
        _count(self._reads, asker, "reads")
        return asker

    def monitor(self, connection: HTTPConnection) -> None:
        """Let a reader in who has to be answered however often it asks.

        Raises:
            ProblemError: Reading needs a token, and this is none.
        """
        if not self.may_read(connection):
            raise _not_a_reader()

    def may_read(self, connection: HTTPConnection) -> bool:
        """Tell whether whoever asks may read."""
        return not self._read_needs_token or self._reader(connection) is not None

    def writer(self, connection: HTTPConnection, scope: Scope) -> Holder:
        """Return who writes, and count it.

        Raises:
            ProblemError: There is no token that allows it, or it is too often.
        """
        token = _bearer(connection)
        if not token:
            # Who tries no token costs nothing, and needs to be told that one is needed.
            raise _unauthorised('Bearer realm="Broadsheet"')
        holder = self._holder(token)
        _count(self._writes, _asker(connection, holder), "writes")
        if holder is None:
            raise _unauthorised('Bearer realm="Broadsheet"')
        if not holder.may(scope):
            raise ProblemError(403, "forbidden", f"the token {holder.name} has the scope {holder.scope}, not {scope}")
        return holder

    def _reader(self, connection: HTTPConnection) -> Holder | None:
        return self._holder(_bearer(connection) or _password(connection))

    def _holder(self, token: str | None) -> Holder | None:
        return self._tokens.holder(token) if token and len(token) <= _LONGEST_TOKEN else None


def _asker(connection: HTTPConnection, holder: Holder | None) -> str:
    if holder is not None:
        return f"token {holder.name}"
    return f"address {_host_of(connection.client.host) if connection.client else 'unknown'}"


def _host_of(address: str) -> str:
    """Return whom an address belongs to: of IPv6 a customer has 2**64 at least (RFC 6177), and takes any of them."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(IPv6Network((parsed, 64), strict=False))
    return address


def _count(limit: RateLimit, asker: str, what: str) -> None:
    seconds = limit.wait(asker)
    if seconds:
        said = f"too many {what}: try again in {seconds} s"
        raise ProblemError(429, "too_many_requests", said, {"Retry-After": str(seconds)})


def _bearer(connection: HTTPConnection) -> str | None:
    """Return the token of ``Authorization: Bearer`` (RFC 6750, section 2.1), or None."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _password(connection: HTTPConnection) -> str | None:
    """Return the password of ``Authorization: Basic`` (RFC 7617), or None."""
    scheme, _, encoded = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return None


def _not_a_reader() -> ProblemError:
    return _unauthorised('Basic realm="Broadsheet: any name, and a token as the password", charset="UTF-8"')


def _unauthorised(challenge: str) -> ProblemError:
    detail = "this needs a token: Authorization: Bearer TOKEN, made by `broadsheet token`"
    return ProblemError(401, "unauthorised", detail, {"WWW-Authenticate": challenge})
