"""Throughput of the scoring job beside other engines: same rows, same model, same output, one run.

Programs; ``x 2`` runs in two processes, and all but ours and PyFlink's in an environment under ``.venv-peers``:

- ``gress``: the job of ``scoring``, parallelism 2.
- ``bytewax``: a batch step by hand; ``orjson`` and ``arrow`` are how it parses.
- ``bare``: the same steps in a loop without an engine; ``benchmarks.peers.batch_step`` has them.
- ``beam``: ``RunInference`` on the FnApiRunner, the direct runner that is written in Python.
- ``pyflink row`` and ``pyflink pandas``: plain PyFlink with a function a row, and with one a batch; parallelism 2.

The output of each run is compared with that of ``bare``: same events, times and keys, and predictions within
1e-6. The first that differs ends the benchmark. Peers write the members of a prediction that a reader needs; ours adds
checksum, feature set and latency. Rates are slopes of elapsed time between two sizes, smaller ones for slow peers.

- ``ratio_bytewax_2``: our rate relative to that of Bytewax in two processes; ``ratio_bytewax_2_arrow``: to its faster
  step. None: Bytewax cannot be installed.
- ``left_out``: the peers that cannot be installed, and why.

``python -m benchmarks peers [SMALL LARGE SMALL_OF_SLOW LARGE_OF_SLOW REPEATS]``.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.make_network import NETWORK
from benchmarks.measure import Run, load_average, print_figures, run_module, take_turns
from benchmarks.peers.answers import difference, read_answers, read_bare
from benchmarks.peers.environments import NotInstallableError, python_of
from benchmarks.peers.figures import OURS, figures, table, version_lines
from benchmarks.peers.result import versions
from benchmarks.rows import write_rows
from benchmarks.throughput.scoring import CONFIG
from jobs.flink.jvm.java import require_java

if TYPE_CHECKING:
    import pyarrow as pa

_STEPS = ("numpy", "onnxruntime", "orjson", "pyarrow")
ENVIRONMENTS = {
    "bare": _STEPS,
    "bytewax": ("bytewax>=0.21", *_STEPS),
    "beam": ("apache-beam>=2.61", "numpy", "onnx", "onnxruntime", "orjson"),
}


@dataclass(frozen=True)
class Peer:
    """A program: its module, what follows input, model and output, its environment (None: the project's), its speed."""

    module: str
    arguments: tuple[str, ...] = ()
    environment: str | None = None
    is_slow: bool = False


PEERS = {
    "bytewax orjson": Peer("bytewax_flow", ("1", "orjson"), "bytewax"),
    "bytewax orjson x 2": Peer("bytewax_flow", ("2", "orjson"), "bytewax"),
    "bytewax arrow x 2": Peer("bytewax_flow", ("2", "arrow"), "bytewax"),
    "bare orjson": Peer("bare_loop", ("1", "orjson"), "bare"),
    "bare arrow": Peer("bare_loop", ("1", "arrow"), "bare"),
    "bare arrow x 2": Peer("bare_loop", ("2", "arrow"), "bare"),
    "beam": Peer("beam_pipeline", ("1",), "beam", is_slow=True),
    "beam x 2": Peer("beam_pipeline", ("2",), "beam", is_slow=True),
    "pyflink row": Peer("flink_table", ("row",), is_slow=True),
    "pyflink pandas": Peer("flink_table", ("pandas",), is_slow=True),
}
Measure = Callable[[int], Run]


def main(
    small: str = "2000000",
    large: str = "6000000",
    small_of_slow: str = "200000",
    large_of_slow: str = "800000",
    repeats: str = "3",
) -> None:
    """Print the table and the figures."""
    sizes = {False: (int(small), int(large)), True: (int(small_of_slow), int(large_of_slow))}
    os.environ["JAVA_HOME"] = str(require_java().home)
    pythons, left_out = environments()
    load = load_average()
    with tempfile.TemporaryDirectory(prefix="gress-bench-") as name:
        bench = Bench(Path(name), {size for pair in sizes.values() for size in pair})
        programs = {OURS: (bench.ours, False)}
        for peer_name, peer in PEERS.items():
            if peer.environment in pythons:
                programs[peer_name] = (bench.peer(peer_name, peer, pythons[peer.environment]), peer.is_slow)
        turns: dict[str, list[list[Run]]] = {name: [] for name in programs}
        for _ in range(int(repeats)):
            for program, (measure, is_slow) in programs.items():
                turns[program] += take_turns({program: measure}, sizes[is_slow], 1)[program]
    print("\n".join([*version_lines(turns), *machine(load), "", *table(turns), ""]))
    for name, reason in left_out.items():
        print(f"left out: {name}: {reason}")
    print_figures(figures(turns, left_out))


def environments() -> tuple[dict[str | None, str], dict[str, str]]:
    """Return the interpreter of each environment, and why others cannot be had."""
    pythons: dict[str | None, str] = {None: sys.executable}
    left_out = {}
    for name, requirements in ENVIRONMENTS.items():
        try:
            pythons[name] = str(python_of(name, requirements))
        except NotInstallableError as error:
            left_out[name] = str(error)
    return pythons, left_out


def machine(load: str) -> list[str]:
    """Return the facts that the rates depend on besides the programs."""
    java = require_java()
    return [
        f"machine: {os.cpu_count()} cores, {platform.machine()}, {platform.system()}; Java {java.major}",
        f"load average before {load}, after {load_average()}",
    ]


class Bench:
    """Input of each size with the answers to it, and the runs over them.

    Args:
        folder: an empty one.
        sizes: numbers of rows; each input is the start of the files of the largest.
    """

    def __init__(self, folder: Path, sizes: set[int]) -> None:
        self._folder = folder
        self._answers: dict[int, pa.Table] = {}
        write_rows(folder / "all", max(sizes))
        for size in sorted(sizes):
            take_first(folder / "all", folder / str(size), size)
            run_module("benchmarks.throughput.bare", str(folder / str(size)), str(folder / "bare"), "2", rows=size)
            self._answers[size] = read_bare(folder / "bare")
            shutil.rmtree(folder / "bare")

    def ours(self, rows: int) -> Run:
        """Run our job."""
        output = self._folder / "output"
        run = run_module(
            "benchmarks.throughput.job_run", str(CONFIG), str(self._folder / str(rows)), str(output), rows=rows
        )
        self.check(OURS, rows, output / "predictions")
        used = versions("gress-ml", "apache-flink", "numpy", "onnxruntime", "orjson", "pyarrow")
        return replace(run, result={**run.result, "versions": used})

    def peer(self, name: str, peer: Peer, python: str) -> Measure:
        """Return what runs a peer."""

        def measure(rows: int) -> Run:
            output = self._folder / "output"
            arguments = (str(self._folder / str(rows)), str(NETWORK), str(output), *peer.arguments)
            run = run_module(f"benchmarks.peers.{peer.module}", *arguments, rows=rows, python=python)
            self.check(name, rows, output)
            return run

        return measure

    def check(self, name: str, rows: int, predictions: Path) -> None:
        """Compare the output of a program, and remove it.

        Raises:
            ValueError: it differs.
        """
        found = difference(self._answers[rows], read_answers(predictions))
        if found is not None:
            msg = f"{name}, {rows:,} rows: {found}"
            raise ValueError(msg)
        shutil.rmtree(self._folder / "output")


def take_first(source: Path, target: Path, rows: int) -> None:
    """Write files with the first lines of those in a folder, ``rows`` in all, of each file its share."""
    target.mkdir()
    paths = sorted(source.iterdir())
    for place, path in enumerate(paths):
        share = rows * (place + 1) // len(paths) - rows * place // len(paths)
        with path.open("rb") as lines, (target / path.name).open("wb") as file:
            file.writelines(islice(lines, share))


if __name__ == "__main__":
    main(*sys.argv[1:])
