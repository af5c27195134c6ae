"""Uses that publishers refuse, as ``Content-Usage`` and ``Content-Signal`` say them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.storage.usage_preferences import refused_in_signal, refused_in_usage

ALL = {"bots", "tdm", "train-ai", "search", "ai-input"}


@pytest.mark.parametrize(
    ("value", "refused"),
    [
        ("train-ai=n", {"train-ai"}),
        ("train-ai=y", set()),
        ("search=y, train-ai=n;reason=license", {"train-ai"}),
        (' train-ai=n;until=@1893456000;why="none, yet", search=n ', {"train-ai", "search"}),
        ("train-genai=n", {"train-ai"}),
        ("ai=n", {"train-ai"}),
        ("infer-user=n, infer-system=y", {"ai-input"}),
        ("bots=n", ALL),
        ("all=n", ALL),
        ("tdm=n", ALL),
        ("bots=n, search=y", ALL - {"search"}),
        ("bots=n, search=y, train-ai=n", ALL - {"search"}),
        ("bots=y, train-ai=n", {"train-ai"}),
        ("unknown=n, train-ai=n", {"train-ai"}),
        ("train-ai=n, train-ai=y", set()),
        # The drafts' own example of a dictionary that says nothing.
        ('train-ai=y, train-ai="n", train-genai=n, train-genai, all=n, all=()', set()),
        ("train-ai=(n)", set()),
        ("train-ai=N", set()),
        ("Train-AI=n", set()),
        ("train-ai=n,", set()),
        ("train-ai=n search=n", set()),
        ("train-ai = n", set()),
        ('train-ai=n, broken="', set()),
        ("no-train-ai=n", set()),
        ("", set()),
    ],
)
def test_a_usage_is_read_as_the_dictionary_that_it_is(value: str, refused: set[str]) -> None:
    assert refused_in_usage(value) == refused


@pytest.mark.parametrize(
    ("value", "refused"),
    [
        ("search=yes, ai-train=no", {"train-ai"}),
        ("search=yes,ai-train=no,use=reference", {"train-ai"}),
        ("ai-train=no, search=no, ai-input=no", {"train-ai", "search", "ai-input"}),
        ("AI-Train = NO", {"train-ai"}),
        ("ai-train=n", set()),
        ("search=yes, ai-input=yes, ai-train=yes", set()),
        ("ai-training=no", set()),
        ("", set()),
    ],
)
def test_a_signal_is_a_list_of_yes_and_no(value: str, refused: set[str]) -> None:
    assert refused_in_signal(value) == refused


@given(st.text(alphabet='abn=yn,;()"\\ \t*-:?@%01.é', max_size=60))
def test_whatever_is_said_is_read(value: str) -> None:
    assert refused_in_usage(value) <= ALL
    assert refused_in_signal(value) <= ALL


@pytest.mark.parametrize("piece", ["(a ", "a;a", 'a="\\"', "a=(a;a ", "a, ", "-", ";a=1"])
def test_a_long_value_takes_no_more_than_its_share_of_time(piece: str) -> None:
    def seconds(length: int) -> float:
        value = "train-ai=n, a=" + piece * (length // len(piece))
        begun = time.process_time()
        refused_in_usage(value)
        return time.process_time() - begun

    seconds(1_000)
    assert seconds(160_000) < 40 * max(seconds(16_000), 0.002)
