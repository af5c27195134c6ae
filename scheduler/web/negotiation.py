"""What whoever asks takes: media types and codings with their weights (RFC 9110, section 12.5)."""

from __future__ import annotations

import re

from starlette.requests import Request

from broadsheet.scheduler.web.errors import ProblemError

_NOT_AT_ALL = re.compile(r"\s*q\s*=\s*0(?:\.0{0,3})?\s*", re.IGNORECASE)


def require(request: Request, media_type: str) -> None:
    """Refuse who takes no answers of a media type, whatever parameters they name.

    Raises:
        ProblemError: They do not.
    """
    accepted = _members(request, "accept")
    if not accepted:
        return
    kind = media_type.partition("/")[0]
    # The most specific range counts.
    if not next((accepted[each] for each in (media_type, f"{kind}/*", "*/*") if each in accepted), False):
        raise ProblemError(406, "not_acceptable", f"the answer is {media_type}, which Accept does not allow")


def takes_gzip(request: Request) -> bool:
    """Tell whether an answer may be packed with gzip."""
    accepted = _members(request, "accept-encoding")
    return accepted.get("gzip", accepted.get("*", False))


def _members(request: Request, name: str) -> dict[str, bool]:
    """Return the members of a field in lower case, and whether each is wanted at all."""
    members: dict[str, bool] = {}
    for member in ",".join(request.headers.getlist(name)).lower().split(","):
        what, *parameters = member.split(";")
        if what.strip():
            members[what.strip()] = not any(map(_NOT_AT_ALL.fullmatch, parameters))
    return members
