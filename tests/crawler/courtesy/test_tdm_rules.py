"""What a site reserves in its tdmrep.json, by the location of a page."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.crawler.courtesy.tdm_rules import TdmRules

HOST = "https://news.example"
# The report's own example.
DIRECTORIES: list[dict[str, object]] = [
    {"location": "/directory-a/", "tdm-reservation": 1},
    {"location": "/directory-b/html/", "tdm-reservation": 1, "tdm-policy": "https://provider.com/policies/policy.json"},
    {"location": "/directory-b/images/*.jpg", "tdm-reservation": 0},
]


def rule(location: str, value: object = 1) -> dict[str, object]:
    return {"location": location, "tdm-reservation": value}


@pytest.mark.parametrize(
    ("rules", "path", "is_reserved"),
    [
        ([rule("/")], "/", True),
        ([rule("/")], "/any/thing?x=1", True),
        (DIRECTORIES, "/directory-a/x.pdf", True),
        (DIRECTORIES, "/directory-b/html/x", True),
        (DIRECTORIES, "/directory-b/images/a/b.jpg", False),
        (DIRECTORIES, "/elsewhere", False),
        ([rule("/a$")], "/a", True),
        ([rule("/a$")], "/a/b", False),
        ([rule("/A")], "/a", False),
        ([rule("/foo-%24")], "/foo-$", True),
        ([rule("/caf%c3%a9")], "/caf%C3%A9/menu", True),
        ([rule("/open/", 0), rule("/")], "/open/x", False),
        ([rule("/"), rule("/open/", 0)], "/open/x", True),
        ([rule("/a", "yes"), rule("/")], "/a/x", False),
        ([rule("/", "1")], "/x", True),
        ([rule("*")], "/x", True),
        ([rule("articles/*")], "/articles/x", True),
        ([rule("https://news.example/articles/")], "/articles/x", True),
        (rule("/"), "/x", True),
        ([{"tdm-reservation": 1}, "x", None, rule("/b")], "/b", True),
        ([{"location": "/"}], "/x", False),
        ([[rule("/")]], "/x", False),
        ({"rules": []}, "/x", False),
        (17, "/x", False),
    ],
)
def test_the_first_rule_that_matches_counts(rules: object, path: str, is_reserved: bool) -> None:  # noqa: FBT001 - a parameter
    assert bool(TdmRules(json.dumps(rules).encode()).reservations(HOST + path)) is is_reserved


def test_the_rule_is_told_as_it_stands_with_its_policy() -> None:
    (told,) = TdmRules(json.dumps(DIRECTORIES).encode()).reservations(f"{HOST}/directory-b/html/x")
    assert (told.source, told.optouts) == ("tdmrep.json", ["tdm"])
    assert json.loads(told.value) == DIRECTORIES[1]


@pytest.mark.parametrize(
    "file", [b"", b"<html>", b"[", b'[{"location": "/", "tdm-reservation": 1}', b"[" * 100_000, b"\xff\xfe[\0]\0"]
)
def test_what_is_no_such_file_reserves_nothing(file: bytes) -> None:
    assert TdmRules(file).reservations(f"{HOST}/x") == []


@given(
    st.binary(max_size=80)
    | st.builds(
        lambda value: json.dumps(value).encode(),
        st.lists(
            st.dictionaries(
                st.sampled_from(["location", "tdm-reservation", "tdm-policy"]),
                st.text() | st.integers() | st.none() | st.floats(),
            )
        ),
    )
)
def test_whatever_the_file_holds_it_is_read_and_one_rule_of_it_counts_at_most(file: bytes) -> None:
    told = TdmRules(file).reservations(f"{HOST}/x")
    assert [each.optouts for each in told] in ([], [["tdm"]])
