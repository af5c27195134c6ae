"""What a URL is to the archive: its normal form, its identity, its SURT and its site. One place decides."""

from __future__ import annotations

import hashlib
import re
import socket
from encodings.idna import nameprep
from functools import lru_cache
from ipaddress import IPv6Address
from urllib.parse import SplitResult, quote, unquote_to_bytes, urlsplit, urlunsplit

from broadsheet.storage.errors import InvalidURLError

_DEFAULT_PORTS = {"http": 80, "https": 443}
_MAX_LENGTH = 8192
# The navigation of a site links the same pages from every page. Few enough that long URLs fill no memory.
_CACHED = 4096
# Characters that browsers leave as they are; "%" stays because what is escaped already is not escaped again.
_PATH_SAFE = "/%:@!$&'()*+,;=~-._[]|"
_QUERY_SAFE = _PATH_SAFE + "?{}^`"
# Browsers strip the first from both ends and pass over the second (WHATWG URL, basic URL parser).
_ENDS = "".join(map(chr, range(0x21)))
_LINE_BREAKS = re.compile(r"[\t\n\r]")
_CONTROL = re.compile(r"[\x00-\x20\x7f]+")
# Where a domain is left behind it: www.example and www1.example are domains.
_WWW = re.compile(r"^www\d*\.(?=[^./]+\.)")
_WWW_OF_SURT = re.compile(r"^www\d*\.")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")
_UNRESERVED = re.compile(r"[0-9A-Za-z._~-]")
# Letters that IDNA 2008 knows and IDNA 2003 maps to others (UTS 46, section 7), and what ends a label (RFC 3490, 3.1).
_KEPT_APART = re.compile("([ß\u03c2])")
_LABEL_ENDS = re.compile("[.\u3002\uff0e\uff61]")
_LONGEST_LABEL = 63
# Parameters that tell where a reader came from and never what is shown.
_TRACKING = re.compile(
    r"^(utm_\w+|mtm_\w+|pk_(campaign|kwd|source|medium|content)|piwik_\w+|hsa_\w+|at_(medium|campaign|custom\d)"
    r"|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|ysclid|twclid|ttclid|igshid|igsh|mc_cid|mc_eid"
    r"|_hsenc|_hsmi|mkt_tok|oly_anon_id|oly_enc_id|vero_id|wickedid|s_cid|ncid|cmpid|ocid|ito|xtor|wt_mc"
    r"|_ga|_gl|ref_src|ref_url|guccounter|guce_referrer|guce_referrer_sig|smid|smtyp)$",
    re.IGNORECASE,
)
# Session ids that the Internet Archive's canonicaliser takes out of queries and of ASP.NET paths.
_QUERY_SESSIONS = [
    re.compile(rf"(.*){session}(?:&(.*))?", re.IGNORECASE)
    for session in (
        "jsessionid=[0-9a-z]{32}",
        "phpsessid=[0-9a-z]{32}",
        "sid=[0-9a-z]{32}",
        "aspsessionid[a-z]{8}=[a-z]{24}",
        "cfid=[^&]+&cftoken=[^&]+",
    )
]
_PATH_SESSION = re.compile(r"(?<=/)\((?:[0-9a-z]{24}|(?:[a-z]\([0-9a-z]{24}\))+)\)/(?=[^?]+\.aspx)")


# In normal form already, with nothing to clean: most links of most pages. (Dot segments are checked apart.)
_NORMAL = re.compile(
    r"https?://(?:(?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*|(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?=\d)|(?=[/:]))){4})"
    r"(?::(?!80/|443/)(?:[1-9]\d{0,3}|[1-5]\d{4}))?/[A-Za-z0-9._~/-]{0,2000}"
)


@lru_cache(maxsize=_CACHED)
def normalise(url: str) -> str:
    """Return the form in which a URL is fetched, compared and stored.

    Lower-case scheme and host (IDNA), no default port, no fragment, no tracking parameters, dot segments
    resolved, unreserved characters unescaped, those outside the URL alphabet escaped (RFC 3986 section 6.2).

    Raises:
        InvalidURLError: It is no absolute http or https URL, carries credentials, or is over 8,192 characters
            long.
    """
    if _NORMAL.fullmatch(url) and "/." not in url:
        return url
    parts = _split(url)
    path = _without_dot_segments(_escape(parts.path, _PATH_SAFE))
    query = _without_tracking(_escape(parts.query, _QUERY_SAFE))
    normal = urlunsplit((parts.scheme, _authority(parts), path, query, ""))
    _refuse_overlong(normal)
    return normal


@lru_cache(maxsize=_CACHED)
def identity(url: str) -> str:
    """Return what two addresses of one article have in common: host without ``www``, path and query.

    http and https, ``www`` and the bare domain, and tracking parameters make no difference; case does, since
    servers may tell ``/A`` from ``/a``. The identity of a normal form is a part of it, letter by letter.
    """
    return _WWW.sub("", normalise(url).partition("//")[2])


def identity_hash(url: str) -> str:
    """Return the 32 hexadecimal digits under which an article's snapshots are filed."""
    return hashlib.sha256(identity(url).encode()).hexdigest()[:32]


@lru_cache(maxsize=_CACHED)
def surt(url: str) -> str:
    """Return the Sort-friendly URI Reordering Transform: the key of a CDXJ line.

    The rules are those of the Internet Archive's canonicaliser, which pywb and OutbackCDX look up by: host
    reversed with commas, ``www`` dropped, path and query in lower case, query sorted, session ids and the
    trailing slash dropped.
    """
    parts = _split(url)
    host = _WWW_OF_SURT.sub("", parts.hostname or "")
    port = f":{parts.port}" if parts.port not in (None, _DEFAULT_PORTS[parts.scheme]) else ""
    reordered = host if ":" in host else ",".join(reversed(host.split(".")))
    query = _canonical_query(_canonical_escapes(parts.query))
    return f"{reordered}{port}){_canonical_path(_canonical_escapes(parts.path))}{'?' if query else ''}{query}"


def host(url: str) -> str:
    """Return the host of a URL in lower case, with its port where it is not the default one."""
    return urlsplit(normalise(url)).netloc


def site(url: str) -> str:
    """Return what all pages of one site have in common: host and port, ``www`` aside."""
    return identity(url).partition("/")[0]


def is_front_page(url: str) -> bool:
    """Tell whether a URL is the root of its site: where vanished articles are often redirected to."""
    parts = urlsplit(normalise(url))
    return parts.path == "/" and not parts.query


def _split(url: str) -> SplitResult:
    _refuse_overlong(url)
    url = _CONTROL.sub(lambda match: quote(match.group()), _LINE_BREAKS.sub("", url.strip(_ENDS)))
    try:
        parts = urlsplit(url)
        hostname, port = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidURLError(f"not a URL: {url[:200]!r} ({error})") from error
    if parts.scheme not in _DEFAULT_PORTS or not hostname:
        raise InvalidURLError(f"not an absolute http or https URL: {url[:200]!r}")
    if parts.username is not None or parts.password is not None:
        raise InvalidURLError(f"a URL with a user name or password in it is not accepted: host {hostname!r}")
    netloc = _ipv6(hostname) if "[" in parts.netloc else _host_name(hostname)
    return parts._replace(netloc=netloc if port is None else f"{netloc}:{port}")


def _refuse_overlong(url: str) -> None:
    if len(url) > _MAX_LENGTH:
        message = f"a URL of {len(url):,} characters (the most is {_MAX_LENGTH:,}): {url[:80]}..."
        raise InvalidURLError(message)


def _ipv6(address: str) -> str:
    try:
        known = IPv6Address(address)
    except ValueError as error:
        raise InvalidURLError(f"not an IPv6 address: {address[:200]!r} ({error})") from error
    if known.scope_id is not None:
        raise InvalidURLError(f"an IPv6 address with a zone means nothing to others: {address[:200]!r}")
    # One spelling for one address (RFC 5952); that of `IPv6Address` is another in another Python.
    return f"[{socket.inet_ntop(socket.AF_INET6, known.packed)}]"


def _host_name(name: str) -> str:
    try:
        ascii_name = name if name.isascii() else _internationalised(name)
        ascii_name = ascii_name.removesuffix(".")
        if _NUMBER.fullmatch(ascii_name.rpartition(".")[2]):
            # What ends in a number is an IPv4 address to browsers and resolvers, however it is written.
            ascii_name = socket.inet_ntoa(socket.inet_aton(ascii_name))
    except (UnicodeError, OSError) as error:
        raise InvalidURLError(f"not a host name: {name[:200]!r} ({error})") from error
    if re.search(r"[^a-z0-9._-]", ascii_name) or not all(ascii_name.split(".")):
        raise InvalidURLError(f"not a host name: {name[:200]!r}")
    return ascii_name


def _internationalised(name: str) -> str:
    """Return the ASCII form of a host name as browsers have it (UTS 46, non-transitional).

    Python's codec is that of IDNA 2003 (RFC 3490), which takes straße.example for strasse.example: another's host.
    """
    if not _KEPT_APART.search(name):
        return name.encode("idna").decode().lower()
    labels = _LABEL_ENDS.split(name)
    return ".".join(_kept_apart(label) if _KEPT_APART.search(label) else _internationalised(label) for label in labels)


def _kept_apart(label: str) -> str:
    parts = (part if _KEPT_APART.fullmatch(part) else nameprep(part) for part in _KEPT_APART.split(label))
    encoded = f"xn--{''.join(parts).encode('punycode').decode()}"
    if len(encoded) > _LONGEST_LABEL:
        raise UnicodeError("label too long")
    return encoded


def _authority(parts: SplitResult) -> str:
    if parts.port == _DEFAULT_PORTS[parts.scheme]:
        return parts.netloc.rpartition(":")[0]
    return parts.netloc


def _escape(text: str, safe: str) -> str:
    escaped = quote(text, safe=safe, errors="surrogatepass")
    escaped = re.sub(r"%(?![0-9a-fA-F]{2})", "%25", escaped)
    return _ESCAPE.sub(_normal_escape, escaped)


def _normal_escape(match: re.Match[str]) -> str:
    character = chr(int(match.group()[1:], 16))
    return character if _UNRESERVED.fullmatch(character) else match.group().upper()


def _without_tracking(query: str) -> str:
    return "&".join(part for part in query.split("&") if not _TRACKING.match(part.partition("=")[0]))


def _without_dot_segments(path: str) -> str:
    """Resolve ``.`` and ``..`` (RFC 3986 section 5.2.4); empty segments stay: servers may tell them apart."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _canonical_escapes(text: str) -> str:
    raw = text.encode("utf-8", "surrogatepass")
    while (unescaped := unquote_to_bytes(raw)) != raw:
        raw = unescaped
    return quote(raw, safe="!\"$&'()*+,-./:;<=>?@[\\]^_`{|}~")


def _canonical_path(path: str) -> str:
    segments = [segment for segment in _without_dot_segments(path).split("/") if segment]
    return _PATH_SESSION.sub("", "/" + "/".join(segments).lower(), count=1)


def _canonical_query(query: str) -> str:
    for session in _QUERY_SESSIONS:
        if found := session.fullmatch(query):
            query = found[1] + (found[2] or "")
    return "&".join("=".join(pair) for pair in sorted(part.split("=", 1) for part in query.lower().split("&")))
