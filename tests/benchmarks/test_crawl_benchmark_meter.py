"""How benchmarks/crawl measures and compares: the meter, the ratios, and one small run of the whole."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.crawl.contenders import Contender, Run, stored_bytes
from benchmarks.crawl.meter import CommandFailedError, measure
from benchmarks.crawl.report import as_table, ratios

ROOT = Path(__file__).parents[2]

BURN = "import time\nwhile time.process_time() < 0.2: pass"
LEAVE_A_WORKER_BEHIND = f"""
import os, subprocess, sys
subprocess.Popen([sys.executable, "-c", {BURN!r}], start_new_session=True)
print("done", flush=True)
os._exit(0)
"""


def test_a_worker_nobody_waits_for_is_counted() -> None:
    measurement = measure([sys.executable, "-c", LEAVE_A_WORKER_BEHIND])
    assert measurement.output == "done\n"
    assert measurement.cpu_seconds >= 0.2
    assert measurement.wall_seconds >= 0.2


def test_workers_of_every_way_to_start_a_pool_are_counted(tmp_path: Path) -> None:
    # A pool's workers import the module of what they run, so it has to be a file.
    (tmp_path / "pool.py").write_text(
        "import multiprocessing, sys, time\n"
        f"def burn(_):\n    {BURN.splitlines()[0]}\n    {BURN.splitlines()[1]}\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context(sys.argv[1]).Pool(1) as pool:\n"
        "        pool.map(burn, [0])\n"
    )
    for method in ("fork", "spawn", "forkserver"):
        assert measure([sys.executable, str(tmp_path / "pool.py"), method]).cpu_seconds >= 0.2, method


def test_a_failed_command_is_an_error_that_shows_what_it_said() -> None:
    with pytest.raises(CommandFailedError, match=r"code 3:\nno such newspaper"):
        measure([sys.executable, "-c", "print('no such newspaper'); raise SystemExit(3)"])


def test_a_command_that_does_not_end_is_killed_at_its_time_limit() -> None:
    with pytest.raises(CommandFailedError, match="still running"):
        measure([sys.executable, "-c", "import time; time.sleep(600)"], time_limit=0.5)


def test_settings_reach_the_command_through_its_environment() -> None:
    command = [sys.executable, "-c", "import os; print(os.environ['SETTING'])"]
    assert measure(command, environment={"SETTING": "on"}).output == "on\n"


def test_start_up_is_left_out_of_the_ratio_per_page_and_shown_beside_it() -> None:
    reference = Run(pages=100, cpu_seconds=3, start_up_cpu_seconds=1, wall_seconds=3)
    crawl = Run(pages=100, cpu_seconds=6, start_up_cpu_seconds=4, wall_seconds=3, stored_bytes=1_000)
    (ratio,) = ratios([{Contender.TRAFILATURA: reference, Contender.FIRST_CRAWL: crawl}])
    assert (ratio.per_page, ratio.with_start_up, ratio.met) == (1, 2, True)


def test_ratios_are_taken_within_rounds_before_the_median() -> None:
    def round_of(factor: float, again: int) -> dict[Contender, Run]:
        first = Run(10, 2 * factor, 0, 1, stored_bytes=1_000)
        return {Contender.FIRST_CRAWL: first, Contender.RECRAWL: Run(10, factor, 0, 1, stored_bytes=again)}

    rounds = [round_of(1, 10), round_of(10, 20), round_of(3, 90)]
    of_cpu, of_bytes = ratios(rounds)
    assert (of_cpu.per_page, of_cpu.met) == (0.5, False)
    assert (of_bytes.per_page, of_bytes.with_start_up, of_bytes.met) == (0.02, None, True)
    assert "missed" in as_table(rounds)


def test_working_state_below_a_dot_is_no_stored_byte(tmp_path: Path) -> None:
    for name, size in {"warc/one.gz": 5, ".work/spool/open.gz": 70, "warc/.part": 900}.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(bytes(size))
    assert stored_bytes(tmp_path) == 5


def test_the_references_run_over_a_handful_of_pages() -> None:
    command = [sys.executable, "-m", "benchmarks.crawl", "--references-only", "--json"]
    run = subprocess.run(
        [*command, "--pages", "8", "--rounds", "1"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    (only_round,) = json.loads(run.stdout)["rounds"]
    assert {name: figures["pages"] for name, figures in only_round.items()} == {"scrapy": 8, "trafilatura": 8}
