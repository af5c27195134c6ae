"""What starting a command loads: thousands of starts are most of what the tests cost, and a person waits for each."""

from __future__ import annotations

import subprocess
import sys

_SCRIPT = """
import sys
from click.testing import CliRunner
from broadsheet.scheduler.cli import program
answer = CliRunner().invoke(program, ["crawl", "--help"])
assert answer.exit_code == 0, answer.output
print(*sorted({"rich", "scrapy", "sqlalchemy", "importlib.metadata"} & sys.modules.keys()))
"""


def test_a_command_does_not_load_what_only_its_work_needs() -> None:
    loaded = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True)

    assert loaded.stdout.split() == []
