"""`broadsheet extract` of one file, and what it makes of streams that are closed."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from broadsheet.scheduler.cli import program

PAGE = (
    b"<html><head><title>Lamps counted</title></head><body><article><h1>Lamps counted</h1>"
    b"<p>The keepers of the harbour counted their lamps again on Monday, and found that twelve were missing.</p>"
    b"<p>The ferries waited in the storm, and the mayor asked everybody to stay at home until the morning.</p>"
    b"</article></body></html>"
)


def extracted(*arguments: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(program, ["extract", *arguments], input=stdin, standalone_mode=False)


def test_the_article_of_a_file_or_of_stdin_is_printed(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(PAGE)
    from_file = extracted(str(tmp_path / "page.html"), "--url", "https://paper.example/lamps")
    assert from_file.return_value == 0
    assert from_file.stdout.startswith("Lamps counted\n")
    assert extracted(stdin=PAGE).stdout == extracted("-", stdin=PAGE).stdout == from_file.stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no HTML in 0 bytes"),
        (bytes(range(256)) * 20, "no HTML in 5,120 bytes"),
        (gzip.compress(PAGE), "compressed with gzip"),
        (b"\xfd7zXZ\x00...", "compressed with xz"),
    ],
    ids=["empty", "binary", "gzip", "xz"],
)
def test_a_file_without_an_article_says_why(content: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_bytes(content)
    result = extracted(str(file))
    assert result.return_value == 1
    assert result.stdout == ""
    assert f"no article in {file}" in result.stderr
    assert said in result.stderr


@pytest.mark.parametrize(("name", "said"), [("", "Is a directory"), ("missing.html", "No such file")])
def test_a_file_that_cannot_be_read_is_a_usage_error(name: str, said: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(program, ["extract", str(tmp_path / name)])
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize(("closed", "answers"), [("<&-", 0), (">&-", 0), ("2>&-", 1)])
def test_streams_that_the_caller_closed_are_empty_ends(closed: str, answers: int) -> None:
    started = "from broadsheet.scheduler.cli import main; main()"
    ended = subprocess.run(
        ["/bin/sh", "-c", f'echo {{}} | exec "$0" -c "$1" extract --jsonl {closed}', sys.executable, started],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count(b"\n") == answers
    assert ended.stderr == b""
