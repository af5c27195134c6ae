"""What a URL is to the archive: one normal form, one identity, the SURT that others look up by."""

from __future__ import annotations

import string
import warnings
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from broadsheet.storage.errors import InvalidURLError
from broadsheet.storage.urls import host, identity, identity_hash, is_front_page, normalise, site, surt

with warnings.catch_warnings():
    # Its regular expressions have escapes that Python warns of.
    warnings.simplefilter("ignore")
    # AGPL, and so asked only here: what pywb and cdxj-indexer make of a URL.
    from surt import surt as surt_of_others

LABEL = st.from_regex(r"[a-z]([a-z0-9_-]{0,8}[a-z0-9])?", fullmatch=True)
HOSTS = st.one_of(
    st.builds(".".join, st.lists(LABEL, min_size=1, max_size=4)),
    st.builds("www.{}.example".format, LABEL),
    st.builds("www{}.{}.example".format, st.integers(0, 99), LABEL),
    st.builds("{}.{}.{}.{}".format, *[st.integers(1, 255)] * 4),
    st.sampled_from(["EXAMPLE.com", "bücher.example", "пример.example", "[2001:db8::1]", "example.com."]),
)
PORTS = st.sampled_from(["", "", "", ":80", ":443", ":8080", ":"])
# Every character that a URL may hold, some that it may not, and escapes of them all.
PATH_CHARACTER = st.one_of(
    st.sampled_from(string.ascii_letters + string.digits + "-._~!$&'()*+,;=:@|[]^`{}\"<> \\"),
    st.characters(exclude_categories=["Cs", "Cc"]),
    st.builds("%{:02X}".format, st.integers(0x20, 0xFF)),
    st.builds("%{:02x}".format, st.integers(0x20, 0xFF)),
).filter(lambda text: text not in "?#/")
SEGMENT = st.lists(PATH_CHARACTER, max_size=6).map("".join)
# The SURT of others keeps a ".." that leads above the root; RFC 3986 section 5.2.4 drops it, and so do we.
PATH_PIECE = st.one_of(
    SEGMENT.filter(lambda segment: unquote(segment) != "..").map("/{}".format),
    st.sampled_from(["/", "/.", "/a/..", "/a/b/%2E%2e"]),
)
PATHS = st.lists(PATH_PIECE, max_size=5).map("".join)
SESSIONS = st.sampled_from(
    [
        "jsessionid=0123456789abcdefABCDEF0123456789",
        "PHPSESSID=0123456789abcdef0123456789abcdef",
        "sid=0123456789abcdef0123456789abcdef",
        "ASPSESSIONIDabcdefgh=abcdefghijklmnopqrstuvwx",
        "CFID=12&CFTOKEN=34",
    ]
)
PARAMETER = st.one_of(
    st.builds("{}={}".format, SEGMENT, SEGMENT), SEGMENT, SESSIONS, st.sampled_from(["a=1", "b=", "=", "A=2"])
)
QUERIES = st.one_of(st.just(""), st.builds("?{}".format, st.lists(PARAMETER, max_size=4).map("&".join)))
FRAGMENTS = st.sampled_from(["", "", "#top", "#a?b/c"])
SANE_URLS = st.builds(
    "{}://{}{}{}{}{}".format,
    st.sampled_from(["http", "https", "HTTP"]),
    HOSTS,
    PORTS,
    PATHS,
    QUERIES,
    FRAGMENTS,
)


@given(SANE_URLS)
@example("http://example.com/?utm%5Fsource=x")
@example("http://example.com/%2e%2E/a")
@example("http://example。com。/")
def test_a_normal_form_is_its_own_normal_form(url: str) -> None:
    normal = normalise(url)

    assert normalise(normal) == normal
    assert normal.isascii()
    assert normal.isprintable()
    assert " " not in normal


@given(SANE_URLS)
def test_the_normal_form_of_a_url_has_the_identity_and_the_site_of_that_url(url: str) -> None:
    assert identity(normalise(url)) == identity(url)
    assert site(normalise(url)) == site(url)
    assert identity(url) in normalise(url), "an index is searched for it"


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("HTTP://Example.COM", "http://example.com/"),
        ("https://example.com:443/a", "https://example.com/a"),
        ("http://example.com:443/a", "http://example.com:443/a"),
        ("http://example.com./a", "http://example.com/a"),
        ("  http://example.com/a\n", "http://example.com/a"),
        ("http://example.com/a\n\tb", "http://example.com/ab"),
        ("http://example.com/a b", "http://example.com/a%20b"),
        ("http://example.com/a#b", "http://example.com/a"),
        ("http://example.com/a?", "http://example.com/a"),
        ("http://example.com/über/%c3%9c", "http://example.com/%C3%BCber/%C3%9C"),
        ("http://example.com/%7Ejo/%41", "http://example.com/~jo/A"),
        ("http://example.com/100%/%zz", "http://example.com/100%25/%25zz"),
        ("http://example.com/a/./b/../c/..", "http://example.com/a/"),
        ("http://example.com/../../a", "http://example.com/a"),
        ("http://example.com/a//b/", "http://example.com/a//b/"),
        ("http://example.com/a?b=/../c", "http://example.com/a?b=/../c"),
        ("http://example.com/a?utm_source=x&id=7&fbclid=y", "http://example.com/a?id=7"),
        ("http://example.com/a?utm_source=x", "http://example.com/a"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://www.Straße.example/", "http://www.xn--strae-oqa.example/"),
        ("http://βόλος.example。/", "http://xn--nxasmm1c.example/"),
        ("http://[2001:DB8::1]:8080/", "http://[2001:db8::1]:8080/"),
        ("http://[2001:0db8:0:0:0:0:0:1]/", "http://[2001:db8::1]/"),
        ("http://[::FFFF:7f00:1]/", "http://[::ffff:127.0.0.1]/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://example.com/\x00\x7f", "http://example.com/%00%7F"),
        ("http://example.com/a\\b", "http://example.com/a%5Cb"),
        ("http://example.com/\udc80", "http://example.com/%ED%B2%80"),
    ],
)
def test_a_url_is_fetched_and_stored_in_its_normal_form(url: str, normal: str) -> None:
    assert normalise(url) == normal


@pytest.mark.parametrize(
    "other",
    [
        "http://example.com/news/a?id=7",
        "https://www.example.com/news/a?id=7",
        "https://example.com:443/news/a?id=7",
        "http://www.example.com:80/news/a?id=7",
        "https://www2.example.com/news/a?id=7",
        "https://EXAMPLE.com/news/a?id=7#comments",
        "https://example.com/news/a?utm_source=feed&id=7&utm_medium=rss",
        "https://example.com/news/a?id=7&fbclid=abc&gclid=def",
        "https://example.com/news/./x/../a?id=7",
    ],
)
def test_addresses_that_differ_in_how_one_came_there_are_one_article(other: str) -> None:
    assert identity(other) == identity("https://example.com/news/a?id=7")
    assert identity_hash(other) == identity_hash("https://example.com/news/a?id=7")


@pytest.mark.parametrize(
    "other",
    [
        "https://example.com/news/A?id=7",
        "https://example.com/news/a/?id=7",
        "https://example.com/news/a?id=8",
        "https://example.com/news/a?ID=7",
        "https://example.com/news/a?id=7&page=2",
        "https://example.com/news/a?page=2&id=7",
        "https://example.com/news//a?id=7",
        "https://example.com/news/a%3Fid=7",
        "https://example.com:8080/news/a?id=7",
        "https://m.example.com/news/a?id=7",
        "https://example.org/news/a?id=7",
    ],
)
def test_whatever_else_differs_makes_another_article(other: str) -> None:
    assert identity(other) != identity("https://example.com/news/a?id=7")


def test_the_order_of_parameters_makes_another_article() -> None:
    assert identity("http://example.com/?a=1&b=2") != identity("http://example.com/?b=2&a=1")


def test_a_domain_that_is_called_www_is_not_its_top_level_domain() -> None:
    assert len({site(f"http://{name}/") for name in ("www.com", "www.net", "www1.com", "com")}) == 4


@given(SANE_URLS)
@example("http://example.com/a?sid=0123456789abcdef0123456789abcdef&&b=1")
@example("http://example.com/(S(012345678901234567890123))/page.aspx")
@example("http://example.com/%25%32%35")
@example("http://example.com/a?b&a&a=1&a-=2&&")
def test_the_surt_is_the_one_that_pywb_and_cdxj_indexer_look_up_by(url: str) -> None:
    assert surt(url) == surt_of_others(url)


@given(SANE_URLS)
def test_equal_identities_have_equal_surts(url: str) -> None:
    """The other way round they may not: a SURT knows neither case nor the order of parameters."""
    assert surt(f"http://{identity(url)}") == surt(normalise(url).replace("https://", "http://"))


HOSTILE = st.one_of(
    st.text(max_size=80),
    st.text(max_size=60).map("http://{}".format),
    st.text(max_size=60).map("http://example.com/{}".format),
    st.text(alphabet="ahtp:/\\@?#[]%.0x&=1\x00\t\n \u3002\uff0e\xad", max_size=40).map("http://{}".format),
    st.text(alphabet=st.characters(categories=["Cs", "Cc", "Co"]), max_size=20).map("https://e.org/{}".format),
)


@given(HOSTILE)
@example("http://" + "a" * 9000)
@example("http://example.com/" + "ü" * 8000)
@example("http://" + "é" * 300 + ".com/")
@example("http://[::1/")
@example("http://[v1.example]/")
@example("http://[fe80::1%25eth0]/")
@example("http://example.com:99999/")
@example("http://example.com:\u0661/")
@example("http://a\u2100b/")
@example("http://xn--a/")
@example("http://ß" + "ü" * 60 + ".com/")
@example("http://ß\u202e/")
def test_a_hostile_url_has_a_normal_form_or_is_refused(url: str) -> None:
    try:
        normal = normalise(url)
    except InvalidURLError:
        return

    assert normalise(normal) == normal
    assert all("!" <= character <= "~" for character in normal + surt(normal))
    assert "/../" not in normal.partition("?")[0]
    assert host(normal) in normal


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/a",
        "//example.com/a",
        "/a",
        "ftp://example.com/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "mailto:a@example.com",
        "http:///a",
        "http://:80/",
        "http://user@example.com/",
        "http://user:secret@example.com/",
        "http://@example.com/",
        "http://evil.example\\@example.com/",
        "http://example.com\\a",
        "http://exa mple.com/",
        "http://exa%6dple.com/",
        "http://a..example.com/",
        "http://./",
        "http://1.2.3.4.5/",
        "http://example.com:port/",
        "http://[example]/",
        "http://[fe80::1%eth0]/",
        "http://[v1.example]/",
        "http://example.com/" + "a" * 8192,
        "http://example.com/" + "ü" * 4000,
    ],
)
def test_what_is_no_address_of_a_page_is_refused(url: str) -> None:
    with pytest.raises(InvalidURLError):
        normalise(url)


def test_a_refusal_does_not_repeat_a_password() -> None:
    with pytest.raises(InvalidURLError) as refusal:
        normalise("http://user:secret@example.com/")

    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("url", "front"),
    [
        ("http://example.com", True),
        ("https://www.example.com/#top", True),
        ("https://example.com/?utm_source=gone", True),
        ("https://example.com/./", True),
        ("https://example.com/?id=7", False),
        ("https://example.com/index.html", False),
        ("https://example.com/a", False),
    ],
)
def test_the_front_page_is_the_root_of_a_site(url: str, *, front: bool) -> None:
    assert is_front_page(url) is front


@pytest.mark.parametrize("url", ["http://www.example/a.b", "http://www1.example/archive.tar.gz"])
def test_a_dot_in_the_path_makes_no_domain_of_a_host(url: str) -> None:
    assert identity(url) == url.removeprefix("http://")
