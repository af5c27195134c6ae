"""What the documents say is so: their commands exist and work, their links lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from servers.seaweedfs import SeaweedFS

from broadsheet.scheduler.cli import program
from broadsheet.scheduler.demo.newspaper import DemoNewspaper

REPOSITORY = Path(__file__).resolve().parent.parent
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")])
WRITTEN_BY_HAND = [path for path in DOCUMENTS if path.name != "cli.md"]
NEWS_SITE = "https://news.example/"
PAGE = "<title>Fog</title><h1>Fog</h1><article><p>The ferry waits until the fog has lifted, says its master.</p>"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def section(title: str) -> str:
    """Return the text of a section of the README."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, f"the README has no section {title!r}"
    return found[1]


def blocks(text: str, language: str) -> list[str]:
    """Return the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands_in(text: str) -> Iterator[list[str]]:
    """Yield the words of each `broadsheet` command in a document's code, fenced or inline."""
    lines = [line for block in blocks(text, "sh") for line in block.splitlines()]
    lines += re.findall(r"`(broadsheet [^`\n]+)`", text)
    for line in lines:
        if line.startswith("broadsheet "):
            yield shlex.split(line, comments=True)[1:]


def named_commands(path: Path) -> list[list[str]]:
    return list(commands_in(path.read_text(encoding="utf-8")))


def check_command(words: list[str]) -> str:
    """Return the name of the command that words call; fails where it or one of its options does not exist."""
    context = click.Context(program, info_name="broadsheet")
    name = next((word for word in words if word in program.list_commands(context)), None)
    command = program.get_command(context, name) if name else program
    assert command is not None
    parts = command.commands if isinstance(command, click.Group) and command is not program else {}
    part = [parts[word] for word in words if word in parts][:1]
    assert bool(part) == bool(parts), f"broadsheet {' '.join(words)}: no such command"
    known = {option for known in (program, command, *part) for param in known.params for option in param.opts}
    used = {word.partition("=")[0] for word in words if word.startswith("-") and word != "-"}
    assert used <= known | {"--help", "-h"}, f"broadsheet {' '.join(words)}"
    assert name or used, f"broadsheet {' '.join(words)}: no such command"
    return name or ""


@pytest.mark.parametrize("document", WRITTEN_BY_HAND, ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_every_command_and_option_that_a_document_names_exists(document: Path) -> None:
    for words in named_commands(document):
        check_command(words)


def test_the_readme_shows_every_command() -> None:
    shown = {check_command(words) for words in commands_in(README)} | {"demo" * ("scripts/demo" in README)}
    assert set(program.list_commands(click.Context(program))) <= shown


def test_the_page_of_the_command_line_is_what_help_prints() -> None:
    result = subprocess.run(
        [sys.executable, REPOSITORY / "scripts" / "cli_reference.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_links_inside_the_repository_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)[^)]*\)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_path_that_a_document_names_is_there() -> None:
    folders = "|".join(sorted(path.name for path in REPOSITORY.iterdir() if path.is_dir() and path.name[0] != "."))
    written = re.compile(rf"(?<![\w./])((?:{folders})/[\w./-]*[\w/])")
    # The changelog tells of what was.
    beside_code = [REPOSITORY / "tests" / "README.md", *REPOSITORY.glob("benchmarks/*/README.md")]
    documents = [*(path for path in DOCUMENTS if path.name != "CHANGELOG.md"), *beside_code]
    named = [(path.name, found) for path in documents for found in written.findall(path.read_text(encoding="utf-8"))]
    made = {"tests/pages/NAME/page.html"}
    assert [(name, path) for name, path in named if path not in made and not (REPOSITORY / path).exists()] == []
    assert len(named) > 50


def test_every_document_can_be_reached_from_the_readme() -> None:
    reached, waiting = set[Path](), [REPOSITORY / "README.md"]
    while waiting:
        document = waiting.pop()
        reached.add(document)
        found = re.findall(r"\]\(([^):#]+)[^)]*\)", document.read_text(encoding="utf-8"))
        targets = {(document.parent / link).resolve() for link in found}
        targets |= {target / "README.md" for target in targets if target.is_dir()}
        waiting += [target for target in targets & set(DOCUMENTS) if target not in reached]
    assert sorted(set(DOCUMENTS) - reached) == []


@pytest.fixture
def newspaper() -> Iterator[DemoNewspaper]:
    """A newspaper on loopback, which stands for the README's news site."""
    with DemoNewspaper(today=datetime.now(UTC).date()) as served:
        yield served


def follow(script: str, newspaper: DemoNewspaper, directory: Path, **environment: str) -> str:
    """Run a block of the README where `broadsheet` is on the path; returns what it printed.

    The news site is the newspaper, on loopback, and the moment that the README names is now.
    """
    script = script.replace(NEWS_SITE, newspaper.url)
    script = re.sub(r"^broadsheet (crawl|recrawl) ", r"\g<0>--allow-private ", script, flags=re.MULTILINE)
    script = MOMENT.sub(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", script)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        ["/bin/sh", "-eu", "-c", script],
        cwd=directory,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, f"{script}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def test_the_readme_can_be_followed_from_the_first_crawl_to_python(newspaper: DemoNewspaper, tmp_path: Path) -> None:
    first, by_name = blocks(section("Point it at a real site"), "sh")
    follow(first, newspaper, tmp_path)
    newspaper.publish(2)

    (sources,) = blocks(section("Point it at a real site"), "toml")
    # What is read back does not depend on how slowly it was fetched.
    sources = sources.replace(NEWS_SITE, newspaper.url).replace("delay = 2.0", "delay = 0.0")
    (tmp_path / "broadsheet.toml").write_text(sources, encoding="utf-8")
    follow(by_name, newspaper, tmp_path)

    reading, extracting = blocks(section("Read it back"), "sh")
    assert "[-64-] {+46+} million" in follow(reading, newspaper, tmp_path)
    assert (tmp_path / "record.warc.gz").read_bytes().startswith(b"\x1f\x8b")

    (checking,) = blocks(section("Check it"), "sh")
    follow(checking, newspaper, tmp_path)
    (tmp_path / "page.html").write_text(PAGE, encoding="utf-8")
    assert "until the fog has lifted" in follow(extracting, newspaper, tmp_path)

    (program_text,) = blocks(section("Use it from Python"), "python")
    host = newspaper.url.removeprefix("http://").removesuffix("/")
    program_text = program_text.replace(NEWS_SITE, newspaper.url).replace('"news.example"', repr(host))
    lines = follow(f"python - <<'END'\n{program_text}END\n", newspaper, tmp_path).splitlines()
    assert lines[0].endswith("46 million crowns")
    assert "b'HTTP/1.1 200 OK'" in lines
    assert len(lines) > 10, "the loop over all snapshots printed none"


def test_the_readme_can_be_followed_with_a_bucket(
    newspaper: DemoNewspaper, seaweedfs: SeaweedFS, tmp_path: Path
) -> None:
    (script,) = blocks(section("Keep it in S3"), "sh")
    # Credentials and endpoint are the test server's; all else is as it stands there.
    script = re.sub(r"^export AWS_.*\n", "", script, flags=re.MULTILINE)
    script = script.replace("s3://news/", f"{seaweedfs.uri(seaweedfs.make_bucket())}/")
    environment = {**seaweedfs.environment, "BROADSHEET_STATE": str(tmp_path / "state")}
    assert "first version" in follow(script, newspaper, tmp_path, **environment)
