"""Addresses of log-in and consent pages: what an article that redirects to one hides behind."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

WallKind = Literal["login wall", "consent wall"]

_LOG_IN_ADDRESS = re.compile(
    r"/(?:log-?in|sign-?in|sign-?up|sso|auth|oauth2?|logon|anmelden|connexion|acceso|accedi|inloggen|paywall|"
    r"register|registrieren|registration)(?:[./;]|$)",
    re.IGNORECASE,
)
_LOG_IN_HOST = re.compile(r"(?:login|signin|sso|auth|accounts?)\.", re.IGNORECASE)
# The Indonesian edition of a site has such a host, too: it takes a query that says where to go on, or who asks.
_IDENTITY_HOST = re.compile(r"id\.", re.IGNORECASE)
_WAY_BACK = re.compile(
    r"(?:^|&)(?:client_?id=[^&]|(?:redirect|return|next|continue|goto|target|back|origin|service|from)[a-z_]*="
    r"(?:https?(?::|%3a)|/|%2f))",
    re.IGNORECASE,
)
_CONSENT_ADDRESS = re.compile(
    r"/(?:consent|cookie-?(?:wall|consent)|privacy-?(?:wall|gate|manager)|cmp|gdpr|collectconsent|zustimmung|dpg-?gate)"
    r"(?:[./;]|$)",
    re.IGNORECASE,
)
_CONSENT_HOST = re.compile(r"(?:consent|cmp|privacy|myprivacy|cookiewall)\.", re.IGNORECASE)


def wall_at(url: str) -> WallKind | None:
    """Return which wall the path or the host of an address names, or None; only its claim."""
    address = urlsplit(url)
    host = address.hostname or ""
    if _CONSENT_ADDRESS.search(address.path) or _CONSENT_HOST.match(host):
        return "consent wall"
    if _LOG_IN_ADDRESS.search(address.path) or _LOG_IN_HOST.match(host):
        return "login wall"
    return "login wall" if _IDENTITY_HOST.match(host) and _WAY_BACK.search(address.query) else None
