from __future__ import annotations

import os
import subprocess
import sys

import pytest

from benchmarks.latency.latency import summarise
from benchmarks.measure import ProcessStat, Run, TreeCpu, cpu, descendants, elapsed, parse_stat, run_module, us_per_row
from jobs.workers.server import NAME


def stat(pid: int, parent: int) -> ProcessStat:
    return ProcessStat(pid, "python3", parent, 0, 1.0)


def test_stat_line_is_read_whatever_the_name_holds() -> None:
    line = "42 (a) (b c) S 7 42 42 0 -1 4194560 1 0 0 0 150 50 9 9 20 0 1 0 12345 1 2"
    ticks = os.sysconf("SC_CLK_TCK")
    assert parse_stat(line) == ProcessStat(42, "a) (b c", 7, 12345, 200 / ticks)


def test_descendants_are_those_below_at_any_depth() -> None:
    stats = [stat(1, 0), stat(2, 1), stat(3, 2), stat(4, 1), stat(9, 8)]
    assert descendants(stats, [2]) == {2, 3}
    assert descendants(stats, [1]) == {1, 2, 3, 4}


def test_slope_is_free_of_what_every_run_costs_and_of_one_odd_turn() -> None:
    turns = [[Run(100, 5 + 100e-6, {"java": 1.0}), Run(1100, 5 + 1100e-6, {"java": 1.002})] for _ in range(2)]
    turns.append([Run(100, 5, {"java": 1.0}), Run(1100, 50, {"java": 9.0})])
    assert us_per_row(turns, elapsed) == pytest.approx(1.0)
    assert us_per_row(turns, cpu) == pytest.approx(2.0)


def test_cpu_of_what_a_program_starts_is_counted() -> None:
    burn = "import time\nwhile time.process_time() < 0.5: pass"
    start = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}])"
    with subprocess.Popen([sys.executable, "-c", start]) as process, TreeCpu(process.pid) as used:
        process.wait()
    assert 0.3 < used.by_program()["python"] < 2


def test_program_that_fails_is_told_with_what_it_said() -> None:
    with pytest.raises(RuntimeError, match=r"(?s)-m benchmarks.throughput.bare ended with 1:.*missing"):
        run_module("benchmarks.throughput.bare", rows=1)


def test_percentiles_leave_the_warm_up_out() -> None:
    took = [(second * 1_000_000_000, 9_000_000 if second < 10 else second * 1_000_000) for second in range(12)]
    assert summarise(took)["p50_ms"] == 10.5
    assert summarise(took)["events"] == 2


def test_a_forked_worker_is_a_python() -> None:
    work = f"import ctypes; ctypes.CDLL(None).prctl(15, {NAME.encode()!r}, 0, 0, 0); sum(range(4 * 10**7))"
    with subprocess.Popen([sys.executable, "-c", work]) as process, TreeCpu(process.pid) as used:
        process.wait()
    assert used.by_program()["python"] > 0
    assert used.by_program()["other"] == 0
