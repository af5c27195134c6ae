"""What a URL is to the archive: its normal form, its identity, its SURT and its site. One place decides."""

from __future__ import annotations

import hashlib
import posixpath
import re
from functools import lru_cache
from urllib.parse import SplitResult, quote, unquote_to_bytes, urlsplit, urlunsplit

from broadsheet.storage.errors import InvalidURLError

_DEFAULT_PORTS = {"http": 80, "https": 443}
_MAX_LENGTH = 8192
# Characters that browsers leave as they are; "%" stays because what is escaped already is not escaped again.
_PATH_SAFE = "/%:@!$&'()*+,;=~-._[]|"
_QUERY_SAFE = _PATH_SAFE + "?{}^`"
_CONTROL = re.compile(r"[\x00-\x20\x7f]+")
_WWW = re.compile(r"^www\d*\.")
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")
# Parameters that tell where a reader came from and never what is shown.
_TRACKING = re.compile(
    r"^(utm_\w+|mtm_\w+|pk_(campaign|kwd|source|medium|content)|piwik_\w+|hsa_\w+|at_(medium|campaign|custom\d)"
    r"|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|ysclid|twclid|ttclid|igshid|igsh|mc_cid|mc_eid"
    r"|_hsenc|_hsmi|mkt_tok|oly_anon_id|oly_enc_id|vero_id|wickedid|s_cid|ncid|cmpid|ocid|ito|xtor|wt_mc"
    r"|_ga|_gl|ref_src|ref_url|guccounter|guce_referrer|guce_referrer_sig|smid|smtyp)$",
    re.IGNORECASE,
)
_SESSION = re.compile(r"(?:jsessionid|phpsessid|sid)=[0-9a-z]{32}|aspsessionid[a-z]{8}=[a-z]{24}", re.IGNORECASE)


@lru_cache(maxsize=32_768)  # the navigation of a site links the same pages from every page
def normalise(url: str) -> str:
    """Return the form in which a URL is fetched, compared and stored.

    Lower-case scheme and host (IDNA), no default port, no fragment, no tracking parameters, dot segments
    resolved, everything outside the URL alphabet escaped (RFC 3986 section 6.2).

    Raises:
        InvalidURLError: It is no absolute http or https URL, carries credentials, or is over 8,192 characters.
    """
    parts = _split(url)
    path = _collapse_dots(_escape(parts.path, _PATH_SAFE)) or "/"
    return urlunsplit((parts.scheme, _authority(parts), path, _escape(_query(parts.query), _QUERY_SAFE), ""))


@lru_cache(maxsize=32_768)
def identity(url: str) -> str:
    """Return what two addresses of one article have in common: host without ``www``, path and query.

    http and https, ``www`` and the bare domain, and tracking parameters make no difference; case does, since
    servers may tell ``/A`` from ``/a``.
    """
    parts = urlsplit(normalise(url))
    return urlunsplit(("", _WWW.sub("", parts.netloc), parts.path, parts.query, "")).removeprefix("//")


def identity_hash(url: str) -> str:
    """Return the 32 hexadecimal digits under which an article's snapshots are filed."""
    return hashlib.sha256(identity(url).encode()).hexdigest()[:32]


def surt(url: str) -> str:
    """Return the Sort-friendly URI Reordering Transform: the key of a CDXJ line.

    The rules are those of the Internet Archive's canonicaliser, which pywb and OutbackCDX look up by: host
    reversed with commas, ``www`` dropped, path and query in lower case, query sorted, session ids and the
    trailing slash dropped.
    """
    parts = _split(url)
    host = _WWW.sub("", parts.hostname or "")
    port = f":{parts.port}" if parts.port not in (None, _DEFAULT_PORTS[parts.scheme]) else ""
    path = _resolve(_canonical_escapes(parts.path)).lower()
    if len(path) > 1:
        path = path.removesuffix("/")
    query = _sorted_query(_canonical_escapes(parts.query))
    reordered = host if ":" in host else ",".join(reversed(host.split(".")))
    return f"{reordered}{port}){path}{'?' if query else ''}{query}"


def host(url: str) -> str:
    """Return the host of a URL in lower case, with its port where it is not the default one."""
    return urlsplit(normalise(url)).netloc


def site(url: str) -> str:
    """Return what all pages of one site have in common: host and port, ``www`` aside."""
    return _WWW.sub("", host(url))


def is_front_page(url: str) -> bool:
    """Tell whether a URL is the root of its site: where vanished articles are often redirected to."""
    parts = urlsplit(normalise(url))
    return parts.path == "/" and not parts.query


def _split(url: str) -> SplitResult:
    url = url.strip("\x00\t\n\r\x0b\x0c ")
    if len(url) > _MAX_LENGTH:
        message = f"a URL of {len(url):,} characters (the most is {_MAX_LENGTH:,}): {url[:80]}..."
        raise InvalidURLError(message)
    url = _CONTROL.sub(lambda match: quote(match.group()), url)
    try:
        parts = urlsplit(url)
        hostname, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidURLError(f"not a URL: {url[:200]!r} ({error})") from error
    if parts.scheme not in _DEFAULT_PORTS or not hostname:
        raise InvalidURLError(f"not an absolute http or https URL: {url[:200]!r}")
    if parts.username is not None or parts.password is not None:
        raise InvalidURLError(f"a URL with a user name or password in it is not accepted: host {hostname!r}")
    return parts._replace(netloc=_host_and_port(hostname, parts.port))


def _host_and_port(hostname: str, port: int | None) -> str:
    hostname = hostname.rstrip(".")
    if not hostname.isascii():
        try:
            hostname = hostname.encode("idna").decode()
        except UnicodeError as error:
            raise InvalidURLError(f"not a host name: {hostname!r} ({error})") from error
    if not hostname or re.search(r"[^a-z0-9._:%~-]", hostname):
        raise InvalidURLError(f"not a host name: {hostname!r}")
    bracketed = f"[{hostname}]" if ":" in hostname else hostname
    return bracketed if port is None else f"{bracketed}:{port}"


def _authority(parts: SplitResult) -> str:
    if parts.port == _DEFAULT_PORTS[parts.scheme]:
        return parts.netloc.rpartition(":")[0]
    return parts.netloc


def _escape(text: str, safe: str) -> str:
    escaped = quote(text, safe=safe, errors="surrogatepass")
    escaped = re.sub(r"%(?![0-9a-fA-F]{2})", "%25", escaped)
    return _ESCAPE.sub(lambda match: match.group().upper(), escaped)


def _query(query: str) -> str:
    return "&".join(part for part in query.split("&") if not _TRACKING.match(part.partition("=")[0]))


def _collapse_dots(path: str) -> str:
    if "/." not in path:
        return path
    trailing = "/" if path.endswith(("/", "/.", "/..")) else ""
    # normpath would also merge "//", which some servers tell apart: hide it.
    resolved = posixpath.normpath(path.replace("//", "/\x00/")).replace("\x00", "")
    return resolved.rstrip("/") + trailing if resolved != "/" else "/"


def _canonical_escapes(text: str) -> str:
    raw = text.encode("utf-8", "surrogatepass")
    while (unescaped := unquote_to_bytes(raw)) != raw:
        raw = unescaped
    return quote(raw, safe="!\"$&'()*+,-./:;<=>?@[\\]^_`{|}~")


def _resolve(path: str) -> str:
    kept: list[str] = []
    for segment in path.split("/")[1:]:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    trailing = "/" if kept and not kept[-1] else ""
    return "/" + "/".join(segment for segment in kept if segment) + (trailing if any(kept) else "")


def _sorted_query(query: str) -> str:
    without_session = _SESSION.sub("", query).replace("&&", "&").strip("&") if _SESSION.search(query) else query
    return "&".join(
        "=".join(pair) for pair in sorted(part.split("=", 1) for part in without_session.lower().split("&"))
    )
