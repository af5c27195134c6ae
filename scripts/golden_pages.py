#!/usr/bin/env python3
"""Show where the pages of tests/pages give another result than their folders say; --write makes the new one expected.

    python scripts/golden_pages.py [--write] [CASE ...]

What is written is to be read before it is committed: the expected file says what is right, not what came out.
"""

import argparse
import difflib
import json
import sys
from datetime import datetime
from pathlib import Path

import msgspec

from broadsheet.crawler.extraction.extract import extract
from broadsheet.storage.model import Hints

PAGES = Path(__file__).parents[1] / "tests" / "pages"


def main() -> int:
    """Compares the named cases, or all; returns 1 where one differs and nothing was written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help="folders of tests/pages [all]")
    parser.add_argument("--write", action="store_true", help="replace the expected files that differ")
    arguments = parser.parse_args()
    cases = arguments.cases or sorted(folder.name for folder in PAGES.iterdir() if (folder / "page.html").exists())
    differing = [case for case in cases if _differs(PAGES / case, write=arguments.write)]
    print(f"{len(differing)} of {len(cases)} pages differ{', written' if arguments.write else ''}")
    return 1 if differing and not arguments.write else 0


def _differs(folder: Path, *, write: bool) -> bool:
    file = folder / "expected.json"
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    after = _result(folder)
    if before == after:
        return False
    sys.stdout.writelines(
        f"{line.rstrip()}\n"
        for line in difflib.unified_diff(
            before.splitlines(), after.splitlines(), f"{folder.name} expected", f"{folder.name} now", lineterm=""
        )
    )
    if write:
        file.write_text(after, encoding="utf-8")
    return True


def _result(folder: Path) -> str:
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    extraction = extract(
        (folder / "page.html").read_bytes(),
        url=request["url"],
        content_type=request["content_type"],
        captured_at=datetime.fromisoformat(request["captured_at"]),
        hints=msgspec.convert(request["hints"], Hints | None),
    )
    return json.dumps(msgspec.to_builtins(extraction), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    sys.exit(main())
