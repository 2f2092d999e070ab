"""Time and CPU of a program with all its children, and rates from two sizes of input.

Rules:

- A rate is the slope between two sizes, which leaves out the cost to start a JVM, to compile and to load a model.
- The kernel counts CPU time, so it hardly changes when others use the machine; elapsed time does.
- The sizes run in turns, and the result is the median of the slopes of all turns.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jobs.workers.server import NAME

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_INTERVAL_S = 0.1


@dataclass(frozen=True)
class ProcessStat:
    """The kernel's facts about a process: its parent, its start (in ticks since boot), and its CPU so far."""

    pid: int
    name: str
    parent: int
    started: int
    cpu_s: float


@dataclass(frozen=True)
class Run:
    """One run over ``rows`` rows: elapsed seconds and CPU seconds by program (``java``, ``python``)."""

    rows: int
    seconds: float
    cpu_s: Mapping[str, float]
    result: Mapping[str, Any] = field(default_factory=dict)


def parse_stat(text: str) -> ProcessStat:
    """Return a line of /proc/PID/stat; the name in it may hold blanks and parentheses.

    >>> parse_stat("7 (a (b) c) S 3 7 7 0 -1 0 0 0 0 0 150 50 0 0 20 0 1 0 900").parent
    3
    """
    pid, _, rest = text.partition(" (")
    name, _, tail = rest.rpartition(") ")
    fields = tail.split()
    cpu_s = (int(fields[11]) + int(fields[12])) * _TICK_S
    return ProcessStat(int(pid), name, int(fields[1]), int(fields[19]), cpu_s)


def descendants(stats: Iterable[ProcessStat], roots: Iterable[int]) -> set[int]:
    """Return the roots and every process below them."""
    children: dict[int, list[int]] = {}
    for stat in stats:
        children.setdefault(stat.parent, []).append(stat.pid)
    found: set[int] = set()
    left = list(roots)
    while left:
        pid = left.pop()
        if pid not in found:
            found.add(pid)
            left.extend(children.get(pid, ()))
    return found


class TreeCpu:
    """A sampler of the CPU of a process with all its descendants, orphans too, several times a second."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._seen: dict[tuple[int, int], ProcessStat] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> TreeCpu:
        self.look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def look(self) -> None:
        """Read the current values."""
        stats = {stat.pid: stat for stat in all_processes()}
        known = {pid for pid, started in self._seen if pid in stats and stats[pid].started == started}
        for pid in descendants(stats.values(), {self._root, *known}) & stats.keys():
            self._seen[pid, stats[pid].started] = stats[pid]

    def by_program(self) -> dict[str, float]:
        """Return CPU seconds so far: ``java``, ``python`` and ``other``."""
        total = {"java": 0.0, "python": 0.0, "other": 0.0}
        for stat in self._seen.values():
            name = "python" if stat.name == NAME else stat.name
            program = next((known for known in ("java", "python") if name.startswith(known)), "other")
            total[program] += stat.cpu_s
        return total

    def _watch(self) -> None:
        while not self._stop.wait(_INTERVAL_S):
            self.look()


def run_module(module: str, *arguments: str, rows: int, python: str = sys.executable) -> Run:
    """Run ``python -m module`` to its end; the last line it prints is a JSON object with ``seconds``.

    Args:
        module: the program.
        arguments: of the program.
        rows: number of rows that it works on.
        python: interpreter; of another virtual environment, for a program that needs it.

    Raises:
        RuntimeError: the program failed; the text ends with its output.
    """
    command = [python, "-m", module, *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process, TreeCpu(process.pid) as cpu:
        output, errors = process.communicate()
    if process.returncode:
        msg = f"{' '.join(command)} ended with {process.returncode}:\n{errors[-4000:]}"
        raise RuntimeError(msg)
    result = json.loads(output.splitlines()[-1])
    return Run(rows, result["seconds"], cpu.by_program(), result)


def take_turns(
    programs: Mapping[str, Callable[[int], Run]], sizes: Sequence[int], repeats: int
) -> dict[str, list[list[Run]]]:
    """Measure every program on every size, ``repeats`` times in turns; return the runs of each turn by program."""
    turns: dict[str, list[list[Run]]] = {name: [] for name in programs}
    for turn in range(1, repeats + 1):
        for name, measure in programs.items():
            runs = [measure(size) for size in sizes]
            turns[name].append(runs)
            for run in runs:
                used = ", ".join(f"{program} {seconds:.1f}" for program, seconds in run.cpu_s.items() if seconds)
                print(f"turn {turn}, {name}: {run.rows:,} rows in {run.seconds:.1f} s; CPU s: {used}", flush=True)
    return turns


def us_per_row(turns: Sequence[Sequence[Run]], value: Callable[[Run], float]) -> float:
    """Return the median over turns of microseconds a row between the smallest and the largest size."""
    return statistics.median(slope(min(turn, key=_rows), max(turn, key=_rows), value) for turn in turns) * 1e6


def slope(small: Run, large: Run, value: Callable[[Run], float]) -> float:
    """Return the growth of a value per row.

    >>> slope(Run(10, 2.0, {}), Run(30, 6.0, {}), lambda run: run.seconds)
    0.2
    """
    return (value(large) - value(small)) / (large.rows - small.rows)


def elapsed(run: Run) -> float:
    """Return elapsed seconds."""
    return run.seconds


def cpu(run: Run) -> float:
    """Return the CPU seconds of all programs."""
    return sum(run.cpu_s.values())


def java_cpu(run: Run) -> float:
    """Return the CPU seconds of the JVM: sources, windows, sinks, and the compiler."""
    return run.cpu_s["java"]


def python_cpu(run: Run) -> float:
    """Return the CPU seconds of Python: the workers, and the client, which waits."""
    return run.cpu_s["python"]


def load_average() -> str:
    """Return the load averages over 1, 5 and 15 minutes, as text."""
    return ", ".join(f"{load:.1f}" for load in os.getloadavg())


def print_figures(figures: Mapping[str, Any]) -> None:
    """Print the last line of a benchmark: its figures as one JSON object."""
    print(json.dumps(figures))


def _rows(run: Run) -> int:
    return run.rows


def all_processes() -> list[ProcessStat]:
    """Return the kernel's facts about every process."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                found.append(parse_stat((folder / "stat").read_text()))
            except (OSError, ValueError):
                continue  # the process ended in between
    return found
