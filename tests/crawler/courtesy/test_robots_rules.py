"""How a robots.txt is read: RFC 9309, and what site owners know from Google's matcher."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.crawler.courtesy.robots_rules import RobotsRules
from broadsheet.storage.optouts import Reservation, in_order

HOST = "https://news.example"
LONG = "/" + "a" * 20_000

# By what a case is about: the file, what may be fetched under it, and what may not.
CASES: dict[str, tuple[str, list[str], list[str]]] = {
    # Lines (section 2.2).
    "an empty file": ("", ["/", "/a"], []),
    "a rule for us": ("user-agent: broadsheet\ndisallow: /", [], ["/a/b"]),
    "names that mean nothing": ("agent: broadsheet\nforbid: /", ["/a/b"], []),
    "a missing colon": ("user-agent broadsheet\ndisallow /", [], ["/a/b"]),
    "a missing colon and three words": ("user-agent: broadsheet\ndisallow /a or /b", ["/a", "/b"], []),
    "names in capitals": ("USER-AGENT: broadsheet\nALLOW: /a/\nDISALLOW: /", ["/a/b"], ["/b"]),
    "names in mixed case": ("uSer-aGent: broadsheet\naLLow: /a/\ndIsAllOw: /", ["/a/b"], ["/b"]),
    "white space around everything": (" \tuser-agent \t: \tbroadsheet\t\n\t disallow\t:\t/a \t", ["/b"], ["/a"]),
    "a comment behind a rule": ("user-agent: broadsheet # news\ndisallow: /a#/b\nallow: /", ["/b"], ["/a", "/a/c"]),
    "a rule in a comment": ("user-agent: broadsheet\n#disallow: /\ndisallow: /a", ["/b"], ["/a"]),
    "a value with a colon": ("user-agent: broadsheet\ndisallow: /a:b", ["/a"], ["/a:b"]),
    "carriage returns": ("user-agent: broadsheet\rdisallow: /a\r\rdisallow: /b", ["/c"], ["/a", "/b"]),
    "line ends of both kinds": ("user-agent: broadsheet\r\n\r\ndisallow: /a\ndisallow: /b\r\n", ["/c"], ["/a", "/b"]),
    "no line end at the end": ("user-agent: broadsheet\ndisallow: /a", ["/b"], ["/a"]),
    "characters that only look like line ends": (
        "user-agent: broadsheet\ndisallow: /\x85\x1c\u2028",
        ["/a"],
        ["/%C2%85%1C%E2%80%A8"],
    ),
    "a rule longer than any address": (f"user-agent: broadsheet\ndisallow: {LONG}b", ["/a"], [LONG]),
    "an exception longer than any address": (f"user-agent: broadsheet\ndisallow: /\nallow: {LONG}b", [LONG], ["/a"]),
    # Names that are misspelt.
    **{
        f"{name} for Disallow": (f"user-agent: broadsheet\n{name}: /a", ["/b"], ["/a"])
        for name in ("dissallow", "dissalow", "disalow", "diasllow", "disallaw", "disallows")
    },
    **{
        f"{name} for User-agent": (f"{name}: broadsheet\ndisallow: /a", ["/b"], ["/a"])
        for name in ("useragent", "user agent", "user-agents")
    },
    "a misspelling nobody knows": ("user-agent: broadsheet\ndeny: /a", ["/a"], []),
    # Groups (2.2.1).
    "rules before any group": ("disallow: /a\nuser-agent: broadsheet\ndisallow: /b", ["/a"], ["/b"]),
    "two agents, one group": ("user-agent: broadsheet\nuser-agent: other\ndisallow: /a", ["/b"], ["/a"]),
    "an empty line within a group": ("user-agent: broadsheet\n\n\ndisallow: /a\n\ndisallow: /b", [], ["/a", "/b"]),
    "two groups of ours are one": (
        "user-agent: broadsheet\ndisallow: /a\nuser-agent: other\ndisallow: /c\nuser-agent: Broadsheet\ndisallow: /b",
        ["/c"],
        ["/a", "/b"],
    ),
    "two groups for all are one": (
        "user-agent: *\ndisallow: /a\nuser-agent: other\ndisallow: /c\nuser-agent: *\ndisallow: /b",
        ["/c"],
        ["/a", "/b"],
    ),
    "our group, and one for all": ("user-agent: *\ndisallow: /a\nuser-agent: broadsheet\ndisallow: /b", ["/a"], ["/b"]),
    "our group, and one for all behind it": (
        "user-agent: broadsheet\ndisallow: /b\nuser-agent: *\ndisallow: /",
        ["/a"],
        ["/b"],
    ),
    "a group of ours without a rule": ("user-agent: *\ndisallow: /\nuser-agent: broadsheet\n", ["/a"], []),
    "a group of ours that forbids nothing": (
        "user-agent: *\ndisallow: /\nuser-agent: broadsheet\ndisallow:",
        ["/a"],
        [],
    ),
    "groups for others only": ("user-agent: one\ndisallow: /\nuser-agent: other\ndisallow: /", ["/a"], []),
    "all, for who has no group": ("user-agent: *\ndisallow: /a\nuser-agent: other\nallow: /", ["/b"], ["/a"]),
    "all, and words behind the star": ("user-agent: * and the rest\ndisallow: /a", ["/b"], ["/a"]),
    "a sitemap within a group": ("user-agent: broadsheet\nsitemap: /map\nuser-agent: other\ndisallow: /", [], ["/a"]),
    "a sitemap between the rules": (
        "user-agent: broadsheet\ndisallow: /a\nsitemap: /m\ndisallow: /b",
        [],
        ["/a", "/b"],
    ),
    **{
        f"nothing but {line} between two agents": (
            f"user-agent: broadsheet\n{line}\nuser-agent: other\ndisallow: /",
            [],
            ["/a"],
        )
        for line in ("crawl-delay: 5", "noindex: /b", "content-signal: ai-train=no", "anything: else")
    },
    # Product tokens (2.2.1).
    "our token in capitals": ("user-agent: BROADSHEET\ndisallow: /a", ["/b"], ["/a"]),
    "our token with a version": ("user-agent: Broadsheet/1.0\ndisallow: /a", ["/b"], ["/a"]),
    "our token and another word": ("user-agent: Broadsheet Images\ndisallow: /a", ["/b"], ["/a"]),
    "our token and a star": ("user-agent: Broadsheet*\ndisallow: /a", ["/b"], ["/a"]),
    "a longer token": ("user-agent: broadsheet-images\ndisallow: /", ["/a"], []),
    "a shorter token": ("user-agent: broad\nallow: /\nuser-agent: *\ndisallow: /a", ["/b"], ["/a"]),
    "our token within another": ("user-agent: the-broadsheet\ndisallow: /", ["/a"], []),
    "a token without a letter": ("user-agent: 007\ndisallow: /\nuser-agent:\ndisallow: /", ["/a"], []),
    # The most specific rule (2.2.2).
    "case of a path": ("user-agent: *\ndisallow: /A/", ["/a/b"], ["/A/b"]),
    "a longer no": ("user-agent: *\ndisallow: /a/page.html\nallow: /a/", ["/a/b"], ["/a/page.html"]),
    "a longer yes": ("user-agent: *\nallow: /a/page.html\ndisallow: /a/", ["/a/page.html"], ["/a/"]),
    "neither of two empty rules": ("user-agent: *\ndisallow:\nallow:", ["/a"], []),
    "a yes as long as the no": ("user-agent: *\ndisallow: /\nallow: /", ["/a"], []),
    "a yes as long as the no, before it": ("user-agent: *\nallow: /a\ndisallow: /a", ["/a/b"], []),
    "a slash more": ("user-agent: *\ndisallow: /a\nallow: /a/", ["/a/"], ["/a"]),
    "stars count as octets": ("user-agent: *\nallow: /page\ndisallow: /*.html", ["/page"], ["/page.html"]),
    "fewer octets than the yes": ("user-agent: *\nallow: /a/page.\ndisallow: /*.html", ["/a/page.html"], ["/a/b.html"]),
    "octets are counted as they are written": ("user-agent: *\nallow: /a?b\ndisallow: /a?*b", [], ["/a?b"]),
    "the home page alone": ("user-agent: *\nallow: /$\ndisallow: /", ["/", ""], ["/page", "/?page"]),
    "the query belongs to the path": ("user-agent: *\ndisallow: /*?", ["/a"], ["/a?b", "/?", "?b"]),
    "the fragment does not": ("user-agent: *\ndisallow: /a#b", ["/"], ["/a", "/a#c"]),
    "a pattern without a slash": ("user-agent: *\ndisallow: a", ["/a", "/"], []),
    "a page of the directory": ("user-agent: *\nallow: /a/index.html\ndisallow: /", ["/a/", "/a/index.html"], ["/a/b"]),
    "a page of the directory, with three letters": (
        "user-agent: *\nallow: /a/index.htm\ndisallow: /",
        ["/a/"],
        ["/a/b"],
    ),
    "a directory that is forbidden by its page": ("user-agent: *\ndisallow: /a/index.html", ["/a/"], ["/a/index.html"]),
    # Octets and escapes (2.2.2).
    "an address in a query": (
        "user-agent: *\ndisallow: /\nallow: /a?b=http://c.d?e&f",
        ["/a?b=http://c.d?e&f"],
        ["/a?b"],
    ),
    "letters beyond ASCII": ("user-agent: *\ndisallow: /ツ", ["/a"], ["/%E3%83%84", "/%e3%83%84", "/ツ"]),
    "letters beyond ASCII, escaped": ("user-agent: *\ndisallow: /%e3%83%84", ["/a"], ["/%E3%83%84", "/ツ"]),
    "escapes that need not be": ("user-agent: *\ndisallow: /%62%61%7A", ["/ba"], ["/baz", "/%62%61%7a"]),
    "escapes in the address that need not be": ("user-agent: *\ndisallow: /baz", ["/ba"], ["/%62%61%7A"]),
    "escapes that have to be": ("user-agent: *\ndisallow: /\nallow: /a%2Fb%3Fc", ["/a%2fb%3fc"], ["/a/b?c"]),
    "a percent sign that is none": ("user-agent: *\ndisallow: /100%", ["/10"], ["/100%", "/100%x"]),
    "a star as a character": ("user-agent: *\ndisallow: /a%2Ab", ["/axb"], ["/a*b", "/a%2ab"]),
    "an end as a character": ("user-agent: *\ndisallow: /a%24", ["/a"], ["/a$", "/a%24b"]),
    # Special characters (2.2.3).
    "a star in the middle": ("user-agent: *\ndisallow: /a/*/b", ["/a/b", "/a/c"], ["/a/c/b", "/a//b", "/a/c/d/b"]),
    "a star at the end": (
        "user-agent: *\ndisallow: /fish*",
        ["/catfish", "/Fish"],
        ["/fish", "/fish.html", "/fish/a?b"],
    ),
    "a star at the beginning": ("user-agent: *\ndisallow: *.php", ["/php"], ["/a.php", "/a.php5", "/?f=a.php"]),
    "stars in a row": ("user-agent: *\ndisallow: /a***b", ["/a"], ["/ab", "/a/b"]),
    "an end": ("user-agent: *\ndisallow: /a/b$", ["/a/b/", "/a/b/c", "/a/b?c"], ["/a/b"]),
    "a star and an end": (
        "user-agent: *\ndisallow: /*.php$",
        ["/a.php?b", "/a.php/", "/a.php5"],
        ["/a.php", "/b/a.php"],
    ),
    "stars that must not overlap": ("user-agent: *\ndisallow: /*ab*ba$", ["/aba"], ["/abba", "/abxba"]),
    "an end that is not at the end": ("user-agent: *\ndisallow: /a$b\nallow: /a", ["/a", "/ab"], ["/a$b", "/a$bc"]),
    "an end says nothing of the character": ("user-agent: *\nallow: /a$\ndisallow: /a", ["/a"], ["/a$b", "/a%24"]),
}


def rules(robots: str | bytes) -> RobotsRules:
    return RobotsRules(robots.encode() if isinstance(robots, str) else robots, "Broadsheet")


@pytest.mark.parametrize("case", CASES)
def test_a_file_says_what_its_owner_means(case: str) -> None:
    robots, allowed, disallowed = CASES[case]

    judged = {path: rules(robots).allows(HOST + path) for path in [*allowed, *disallowed]}

    assert judged == {path: path in allowed for path in judged}


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xef\xbb", b"\xef"], ids=["whole", "two bytes", "one byte"])
def test_a_byte_order_mark_hides_no_line_also_where_it_was_cut(mark: bytes) -> None:
    assert not rules(mark + b"User-agent: *\nDisallow: /").allows(f"{HOST}/a")


def test_a_byte_order_mark_elsewhere_makes_its_line_unknown() -> None:
    read = rules(b"User-agent: *\nDisallow: /a\n\xef\xbb\xbfDisallow: /b")

    assert not read.allows(f"{HOST}/a")
    assert read.allows(f"{HOST}/b")


def test_bytes_that_are_no_utf_8_are_compared_as_they_are() -> None:
    read = rules("User-agent: *\nDisallow: /café".encode("latin-1"))

    assert not read.allows(f"{HOST}/caf%E9")
    assert read.allows(f"{HOST}/caf%C3%A9")


def test_sitemaps_are_told_wherever_they_stand() -> None:
    robots = """\
        Sitemap: https://news.example/1.xml
        User-agent: other
        sitemap: /2.xml
        Disallow: /
        Site-map: /3.xml
        """
    assert rules(dedent(robots)).sitemaps == ["https://news.example/1.xml", "/2.xml", "/3.xml"]


@pytest.mark.parametrize(
    ("robots", "seconds"),
    [
        ("user-agent: *\ncrawl-delay: 5", 5),
        ("user-agent: *\ncrawl delay: 2.5\ncrawl-delay: 0.5", 2.5),
        ("user-agent: *\ncrawl-delay: 5\nuser-agent: broadsheet\ncrawl-delay: 1", 1),
        ("user-agent: other\ncrawl-delay: 5", None),
        ("user-agent: *\ncrawl-delay: 5\nuser-agent: other\ncrawl-delay: 60", 5),
        ("crawl-delay: 5", None),
        *((f"user-agent: *\ncrawl-delay: {value}", 10) for value in ("10s", "10 sec", "10 Seconds.", "10,0", "1e1")),
        *((f"user-agent: *\ncrawl-delay: {value}", None) for value in ("-1", "soon", "inf", "nan", "")),
        *((f"user-agent: *\ncrawl-delay: {value}", None) for value in ("10 minutes", "1/10")),
    ],
)
def test_a_crawl_delay_is_that_of_our_group_and_the_longest_one(robots: str, seconds: float | None) -> None:
    assert rules(robots).crawl_delay == seconds


pieces = st.sampled_from(["a", "b", "/", "%2F", "%62", "?", ".", "é", "*"])
patterns = st.lists(pieces, max_size=12).map(lambda parts: "/" + "".join(parts))


@given(patterns, patterns)
def test_a_star_stands_for_any_characters_and_only_for_those(pattern: str, path: str) -> None:
    """The same by another way: every place in the path that each beginning of the pattern can reach."""
    address = path.replace("*", "x").replace("%62", "b").replace("é", "%C3%A9")
    wanted = pattern.replace("%62", "b").replace("é", "%C3%A9")
    reached = {0}
    for character in wanted:
        if character == "*":
            reached = set(range(min(reached), len(address) + 1))
        else:
            reached = {place + 1 for place in reached if address[place : place + 1] == character}
        if not reached:
            break

    assert rules(f"user-agent: *\ndisallow: {pattern}").allows(HOST + address) == (not reached)


@given(st.binary(max_size=200), st.text(max_size=50))
def test_whatever_a_file_holds_it_is_read(robots: bytes, path: str) -> None:
    assert RobotsRules(b"user-agent: *\n" + robots, "Broadsheet").allows(HOST + path) in (True, False)


DRAFT = """
    User-Agent: *
    Allow: /
    Disallow: /never/
    Content-Usage: train-ai=n
    Content-Usage: /ai-ok/ train-ai=y

    User-Agent: ExampleBot
    Allow: /
    Content-Usage: train-ai=y
"""
MANAGED = """
    # BEGIN Cloudflare Managed content
    User-agent: *
    Content-Signal: search=yes,ai-train=no,use=reference
    Allow: /
    User-agent: GPTBot
    Disallow: /
    # END Cloudflare Managed Content
    User-agent: *
    Disallow: /lp
    Sitemap: https://news.example/sitemap.xml
"""


@pytest.mark.parametrize(
    ("robots", "token", "path", "reserved"),
    [
        (DRAFT, "Broadsheet", "/test", ["train-ai"]),
        (DRAFT, "Broadsheet", "/ai-ok/test", []),
        (DRAFT, "ExampleBot", "/test", []),
        (MANAGED, "Broadsheet", "/test", ["train-ai"]),
        (MANAGED, "GPTBot", "/test", []),
        ("User-agent: broadsheet\nAllow: /\nUser-agent: *\nContent-Signal: search=no", "Broadsheet", "/", []),
        ("User-agent: *\ncontent-usage \t: bots=n # all", "B", "/", ["tdm", "train-ai", "search", "ai-input", "bots"]),
        ("User-agent: *\nContent-Usage: /*.pdf$\ttrain-ai=n", "Broadsheet", "/a/b.pdf", ["train-ai"]),
        ("User-agent: *\nContent-Usage: /*.pdf$\ttrain-ai=n", "Broadsheet", "/a/b.pdf?x", []),
        ("User-agent: *\nContent-Usage: /a%20b search=n", "Broadsheet", "/a%20b/c", ["search"]),
        ("User-agent: *\nContent-Usage: /a search=n\nContent-Usage: /a train-ai=n", "B", "/a", ["train-ai", "search"]),
        ("User-agent: *\nContent-Usage: /a search=n\nContent-Usage: /a search=y", "B", "/a", ["search"]),
        ("User-agent: *\nContent-Usage: search=n\nContent-Signal: ai-train=no", "B", "/", ["train-ai", "search"]),
        ("Content-Usage: train-ai=n\nUser-agent: *\nAllow: /", "Broadsheet", "/", []),
        ("User-agent: *\nContent-Usage:", "Broadsheet", "/", []),
    ],
)
def test_what_may_be_done_with_a_page_is_told_by_group_and_longest_path(
    robots: str, token: str, path: str, reserved: list[str]
) -> None:
    rules = RobotsRules(dedent(robots).encode(), token)
    assert in_order(optout for each in rules.reservations(HOST + path) for optout in each.optouts) == reserved


def test_the_line_that_reserves_something_is_told_as_it_stands() -> None:
    rules = RobotsRules(b"User-agent: *\nContent-Usage: /a/*  train-ai=n, search=y # why\n", "Broadsheet")
    assert rules.reservations(f"{HOST}/a/b") == [
        Reservation(source="robots.txt", value="content-usage: /a/*  train-ai=n, search=y", optouts=["train-ai"])
    ]


def test_a_file_full_of_lines_on_use_says_little_of_one_page() -> None:
    lines = [f"Content-Usage: train-ai=n;line={number}" for number in range(5_000)]
    rules = RobotsRules("\n".join(["User-agent: *", *lines]).encode(), "Broadsheet")
    assert len(rules.reservations(f"{HOST}/a")) == 1
