"""`python -m benchmarks.archive`: what finding things costs as an archive grows. See README.md."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.archive.generation import GeneratedArchive
from benchmarks.archive.measuring import Measured, measure
from benchmarks.archive.report import as_document, as_table


def main() -> None:
    """Lets an archive grow, measures it at each size and prints what came out."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="broadsheet-benchmark-", dir=arguments.directory) as folder:
        measured = _measure(Path(folder) / "archive", arguments)
    print(json.dumps(as_document(measured)) if arguments.json else as_table(measured))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.archive", description=__doc__)
    sizes = [10_000, 100_000, 1_000_000]
    parser.add_argument("--captures", type=int, nargs="+", default=sizes, help="sizes, growing [10000 100000 1000000]")
    parser.add_argument("--batch", type=int, default=3_000, help="captures a publication [3000]")
    parser.add_argument("--directory", type=Path, help="where the archive is made; it needs room [the system's]")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser.parse_args()


def _measure(folder: Path, arguments: argparse.Namespace) -> list[Measured]:
    generated = GeneratedArchive(folder, articles=max(arguments.captures) // 10, batch_size=arguments.batch)
    measured = []
    for number, size in enumerate(arguments.captures):
        _tell(f"growing to {size:,} captures")
        generated.grow_to(size)
        _tell("measuring")
        measured.append(measure(generated, verified=number == 0))
    return measured


def _tell(progress: str) -> None:
    print(progress, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
