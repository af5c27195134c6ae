"""What is installed is what lies in the folders, under the names that belong to it, and nothing else."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
FOLDERS = ("crawler", "scheduler", "storage")
PAGE = b"""<!doctype html><html lang="en"><head><title>Ferry to sail again</title></head><body><article>
<h1>Ferry to sail again</h1>
<p>The ferry sails again from Monday, the harbour office said today, after a winter in which nobody crossed
the bay but the post and the doctor, each in a boat of their own.</p>
<p>Tickets cost what they cost before the storm, and bicycles go free until the end of the month.</p>
</article></body></html>"""


def run(*command: str | Path, cwd: Path = REPOSITORY, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; the caller looks at how it ended."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def repository_files() -> list[Path]:
    """Return what is in git, or would be with the next ``git add``."""
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    assert listed.returncode == 0, listed.stderr
    paths = [REPOSITORY / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_symlink() or path.exists()]


@pytest.fixture(scope="module")
def copy_repository() -> Callable[[Path], Path]:
    """Return a function that copies the repository, without what git ignores, into a folder."""

    def copy(target: Path) -> Path:
        for path in repository_files():
            destination = target / path.relative_to(REPOSITORY)
            destination.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, destination, follow_symlinks=False)
        return target

    return copy


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, copy_repository: Callable[[Path], Path]) -> dict[str, Path]:
    """Build a wheel and an sdist, and a wheel from that sdist; by those names."""
    source = copy_repository(tmp_path_factory.mktemp("source"))
    output = tmp_path_factory.mktemp("built")
    sdist = build("sdist", source, output)
    with tarfile.open(sdist) as archive:
        archive.extractall(output, filter="data")
    unpacked = output / sdist.name.removesuffix(".tar.gz")
    again = output / "again"
    again.mkdir()
    return {
        "sdist": sdist,
        "wheel": build("wheel", source, output),
        "wheel from sdist": build("wheel", unpacked, again),
    }


def build(kind: str, source: Path, output: Path) -> Path:
    """Build with the backend itself (PEP 517), as pip does it without isolation."""
    script = f"import sys, setuptools.build_meta as backend; print(backend.build_{kind}(sys.argv[1]))"
    result = run(sys.executable, "-c", script, output, cwd=source)
    assert result.returncode == 0, result.stderr
    return output / result.stdout.splitlines()[-1]


def wheel_names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def project() -> dict[str, Any]:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))


def packages_in_folders() -> list[str]:
    found = [path.parent for folder in FOLDERS for path in (REPOSITORY / folder).rglob("__init__.py")]
    return sorted("broadsheet." + ".".join(path.relative_to(REPOSITORY).parts) for path in found)


def test_the_packages_in_pyproject_are_the_folders_that_hold_an_init_file() -> None:
    assert sorted(project()["tool"]["setuptools"]["packages"]) == packages_in_folders()


def test_the_wheel_holds_every_module_marker_and_schema_of_the_folders(built: dict[str, Path]) -> None:
    shipped = [
        path.relative_to(REPOSITORY).as_posix()
        for path in repository_files()
        if path.relative_to(REPOSITORY).parts[0] in FOLDERS
    ]
    names = wheel_names(built["wheel"])
    assert {name for name in names if ".dist-info/" not in name} == {f"broadsheet/{name}" for name in shipped}
    assert {f"broadsheet/{folder}/py.typed" for folder in FOLDERS} <= names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_wheel_takes_no_name_at_the_top_but_broadsheet(built: dict[str, Path]) -> None:
    tops = {name.partition("/")[0] for name in wheel_names(built["wheel"])}
    version = project()["project"]["version"]
    assert tops == {"broadsheet", f"broadsheet-{version}.dist-info"}
    assert "broadsheet/__init__.py" not in wheel_names(built["wheel"]), "a namespace has no module of its own"


def test_the_wheel_holds_what_pages_are_made_of(built: dict[str, Path]) -> None:
    for folder in ("static", "templates"):
        held = {path.name for path in (REPOSITORY / "scheduler" / "web" / folder).iterdir()}
        assert {f"broadsheet/scheduler/web/{folder}/{name}" for name in held} <= wheel_names(built["wheel"])


def test_the_sdist_holds_what_the_wheel_is_built_from(built: dict[str, Path]) -> None:
    with tarfile.open(built["sdist"]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml", "storage/py.typed"} <= names
    assert wheel_names(built["wheel from sdist"]) == wheel_names(built["wheel"])


@pytest.fixture(scope="module")
def installed(built: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an environment of its own, which borrows only the dependencies of this one."""
    environment = tmp_path_factory.mktemp("installed")
    venv.create(environment, with_pip=False, symlinks=True)
    python = environment / "bin" / "python"
    options = ("--no-deps", "--no-index", "--disable-pip-version-check")
    result = run(sys.executable, "-m", "pip", "--python", python, "install", *options, built["wheel"])
    assert result.returncode == 0, result.stderr
    site_packages = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip()
    # A .pth file in a folder that is named in a .pth file is not read: this checkout stays out.
    (Path(site_packages) / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return environment


def test_the_installed_command_runs_the_installed_modules(installed: Path, tmp_path: Path) -> None:
    where = "import broadsheet.scheduler.cli as cli; print(cli.__file__)"
    assert str(installed) in run(installed / "bin" / "python", "-c", where, cwd=tmp_path).stdout
    version = run(installed / "bin" / "broadsheet", "--version", cwd=tmp_path)
    assert project()["project"]["version"] in version.stdout


def test_the_installed_command_finds_all_that_it_reads_pages_with(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(PAGE)
    result = run(installed / "bin" / "broadsheet", "extract", "page.html", cwd=tmp_path)
    assert "bicycles go free" in result.stdout, result.stderr


def test_nothing_is_imported_that_pyproject_does_not_name() -> None:
    roots = {name.partition(".")[0] for name in third_party_imports()}
    assert roots == {name.partition(".")[0] for name in import_names_of_dependencies()}


def test_every_dependency_has_its_reason_on_record() -> None:
    table = (REPOSITORY / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\w.-]+(?:, [\w.-]+)*) \|.+\|.+\|$", table.partition("## Licences")[0], re.MULTILINE)
    named = {name for row in rows for name in row.split(", ")} - {"package"}
    assert named == dependency_names()


def test_what_runs_is_installed_without_the_libraries_of_extras() -> None:
    pinned = {
        name: set(re.findall(r"^([\w.-]+)==", (REPOSITORY / "requirements" / name).read_text("utf-8"), re.MULTILINE))
        for name in ("runtime.txt", "check.txt")
    }
    (tables,) = project()["project"]["optional-dependencies"]["tables"]
    library = re.split(r"[^\w.-]", tables)[0]
    assert library not in pinned["runtime.txt"]
    assert library in pinned["check.txt"]


def dependency_names() -> set[str]:
    extras = project()["project"]["optional-dependencies"].values()
    requirements = [*project()["project"]["dependencies"], *(requirement for extra in extras for requirement in extra)]
    return {re.split(r"[^\w.-]", requirement)[0] for requirement in requirements}


def import_names_of_dependencies() -> set[str]:
    return {name.replace("-", "_") for name in dependency_names()}


# The standard library of the newest Python that the package knows how to use; `compression` is new in 3.14.
STANDARD = {*sys.stdlib_module_names, "compression"}


def third_party_imports() -> Iterator[str]:
    """Yield the modules that ours import from elsewhere, the standard library aside."""
    for folder in FOLDERS:
        for path in (REPOSITORY / folder).rglob("*.py"):
            for name in imports_of(ast.parse(path.read_text(encoding="utf-8"))):
                root = name.partition(".")[0]
                if root != "broadsheet" and root not in STANDARD and not is_stub_only(root):
                    yield name


def imports_of(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def is_stub_only(root: str) -> bool:
    """Tell whether a module exists for type checkers alone, which import it under TYPE_CHECKING."""
    return root.startswith("mypy_boto3")


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    return run("lint-imports", "--no-cache", cwd=tree, PYTHONPATH=str(tree / ".typing"), PATH=tools_first())


def tools_first() -> str:
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def test_imports_run_one_way() -> None:
    result = lint_imports(REPOSITORY)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "statement"),
    [
        ("storage/model.py", "import broadsheet.crawler.job"),
        ("crawler/job.py", "import broadsheet.scheduler.sources"),
        ("storage/model.py", "import trafilatura"),
    ],
)
def test_an_import_that_runs_the_wrong_way_is_caught(
    module: str, statement: str, copy_repository: Callable[[Path], Path], tmp_path: Path
) -> None:
    tree = copy_repository(tmp_path)
    with (tree / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{statement}\n")
    result = lint_imports(tree)
    assert result.returncode == 1, result.stdout
    assert "BROKEN" in result.stdout


def test_scrapy_finds_the_spider_from_the_root_of_the_repository() -> None:
    result = run(sys.executable, "-m", "scrapy", "list")
    assert result.stdout.split() == ["site"], result.stderr


def test_lock_files_name_no_index_and_pin_every_package_with_hashes() -> None:
    for path in sorted((REPOSITORY / "requirements").glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        assert not re.findall(r"https?://|file:|^-|/(?:opt|tmp|home|root)/", text, re.MULTILINE), path
        pins = re.split(r"\n(?=\S)", re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE).strip())
        assert [pin for pin in pins if not re.match(r"[\w.-]+==\S+ .*\n +--hash=sha256:[0-9a-f]{64}", pin)] == []


def test_the_image_is_of_this_version_and_copies_what_its_build_is_sent() -> None:
    dockerfile = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    assert f'image.version="{project()["project"]["version"]}"' in dockerfile
    copied = {
        source.rstrip("/")
        for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE)
        for source in sources.split()
    }
    assert [source for source in copied if not (REPOSITORY / source).exists()] == []
    ignored, *sent = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").splitlines()[1:]
    assert ignored == "*"
    assert {name.removeprefix("!") for name in sent if name.startswith("!")} == {
        source.partition("/")[0] for source in copied
    }


def text_files() -> Iterator[tuple[str, str]]:
    for path in repository_files():
        if not path.is_symlink():
            content = path.read_bytes()
            if b"\0" not in content:
                yield path.relative_to(REPOSITORY).as_posix(), content.decode("utf-8", "replace")


def test_no_file_names_a_place_on_the_machine_it_was_written_on() -> None:
    places = [str(REPOSITORY) + "/", *os.environ.get("PIP_FIND_LINKS", "").split()]
    pattern = re.compile("|".join([r"(?<![\w.])/(?:root/|(?:home|Users)/\w)", *map(re.escape, places)]))
    found = {name: pattern.findall(text) for name, text in text_files() if name != "tests/test_packaging.py"}
    assert {name: hits for name, hits in found.items() if hits} == {}


def test_no_file_carries_trailing_junk() -> None:
    littered = [
        name
        for name, text in text_files()
        if re.search(r"[ \t\r]$|^(?:<{7}|>{7}) ", text, re.MULTILINE) or (text and not re.search(r"\S\n\Z", text))
    ]
    left_over = [
        path.name for path in repository_files() if re.search(r"(~|\.(orig|rej|swp|pyc|log)|\.DS_Store)$", path.name)
    ]
    assert littered == []
    assert left_over == []
