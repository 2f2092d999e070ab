"""Rows a second of CPU that a learner learns in batches of 32, beside River and Vowpal Wabbit in the same run.

All learn a logistic regression by stochastic gradient descent, row by row. Ours and Vowpal Wabbit predict each row,
too; River learns only, and is faster so. Every rate is the median of turns, each in a process of its own;
CPU seconds, so that other work on the machine changes little.

- ``ratio_river_20``, ``ratio_river_100``: our rows a second over those of ``learn_one``, with 20 and 100 features.
- ``ratio_vw``: over those of Vowpal Wabbit's Python interface with 20 features; ``ratio_vw_file``: over those of its
  own loop over a file, which is what its command line runs.
- ``rows_per_s``: of all, by features and program; ``numpy`` is ours without numba.
- ``first_ready_s`` and ``next_ready_s``: seconds until a learner can learn, with the compiler's work on disk or not.
- ``job_samples_per_s``: rows a second of a job without windows that scores them with a network and learns one model,
  as the slope of elapsed time between two sizes; ``job_samples_per_s_by_cpu``: what two cores without other work would
  reach with its CPU; ``job_rows_per_s_unlearnt``: the same job without learning, in the same run.
- ``learning_cpu_us_per_row``: CPU of the process tree that learning adds to a row; ``job_cpu_us_per_row`` is all of it.

``python -m benchmarks learning [TURNS [SMALL LARGE]]``, SMALL and LARGE rows of the job; 0 TURNS: the job alone, once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from benchmarks.learning.learning_job import job_figures
from benchmarks.measure import load_average, print_figures, run_module
from benchmarks.peers.environments import NotInstallableError, python_of

FEATURES = (20, 100)


@dataclass(frozen=True)
class Program:
    """A program that learns.

    Attributes:
        module: module in this package's ``learners``.
        rows: rows that it learns.
        arguments: arguments after rows and features.
        requirements: packages of its environment; none: ours.
    """

    module: str
    rows: int
    arguments: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()


RIVER = ("river==0.23.0", "numpy<2.2", "typing_extensions")
VW = ("vowpalwabbit==9.11.9", "numpy<2.2")
PROGRAMS: dict[str, Program] = {
    "ours": Program("ours", 320_000),
    "ours, ftrl": Program("ours", 320_000, ("32", "ftrl")),
    "ours, numpy": Program("ours", 48_000, ("32", "sgd", "numpy")),
    "river": Program("river_rows", 24_000, (), RIVER),
    "river, predicting": Program("river_rows", 24_000, ("predict",), RIVER),
    "vw": Program("vw_rows", 24_000, ("api",), VW),
    "vw, file": Program("vw_rows", 96_000, ("file",), VW),
}


def main(turns: str = "3", small: str = "1000000", large: str = "3000000") -> None:
    """Print the rates and the figures."""
    load = load_average()
    learners = learner_figures(int(turns)) if int(turns) else {}
    jobs = job_figures((int(small), int(large)), max(1, int(turns)))
    print(f"load average before {load}, after {load_average()}")
    print_figures({**learners, **jobs})


def learner_figures(turns: int) -> dict[str, Any]:
    """Return the figures of learners outside of jobs, and print the rates."""
    programs = dict(_installed())
    rates: dict[str, dict[str, float]] = {}
    for features in FEATURES:
        found: dict[str, list[float]] = {name: [] for name in programs}
        for _ in range(turns):
            for name, (program, python) in programs.items():
                found[name].append(rows_per_s(program, python, features))
        rates[str(features)] = {name: round(median(each)) for name, each in found.items()}
        for name, rate in rates[str(features)].items():
            print(f"{features} features, {name}: {rate:,} rows/s of CPU")
    return {**ratios(rates), "rows_per_s": rates, **ready_seconds()}


def rows_per_s(program: Program, python: str, features: int) -> float:
    """Run a program, and return its rate."""
    arguments = (str(program.rows), str(features), *program.arguments)
    run = run_module(f"benchmarks.learners.{program.module}", *arguments, rows=program.rows, python=python)
    return program.rows / run.seconds


def ratios(rates: Mapping[str, Mapping[str, float]]) -> dict[str, float | None]:
    """Return our rates over those of others; None: a peer is not installed.

    >>> ratios({"20": {"ours": 30.0, "river": 2.0}, "100": {"ours": 20.0, "vw": 5.0}})["ratio_river_20"]
    15.0
    """

    def ratio(features: str, peer: str) -> float | None:
        found = rates[features]
        return round(found["ours"] / found[peer], 2) if peer in found else None

    return {
        "ratio_river_20": ratio("20", "river"),
        "ratio_river_100": ratio("100", "river"),
        "ratio_vw": ratio("20", "vw"),
        "ratio_vw_100": ratio("100", "vw"),
        "ratio_vw_file": ratio("20", "vw, file"),
        "ratio_vw_file_100": ratio("100", "vw, file"),
    }


def ready_seconds() -> dict[str, float]:
    """Return the seconds until a learner can learn in the first process, and in one that finds its kernel on disk."""
    with TemporaryDirectory() as folder, patch.dict(os.environ, {"NUMBA_CACHE_DIR": folder}):
        first, following = (run_module("benchmarks.learners.ours", "64", "20", rows=64).result for _ in range(2))
    return {"first_ready_s": first["ready_s"], "next_ready_s": following["ready_s"]}


def _installed() -> list[tuple[str, tuple[Program, str]]]:
    """Return the programs that can run here with their interpreters, and say which cannot."""
    found: list[tuple[str, tuple[Program, Any]]] = []
    for name, program in PROGRAMS.items():
        try:
            place = program.module.removesuffix("_rows")
            python = str(python_of(place, program.requirements)) if program.requirements else sys.executable
        except NotInstallableError as error:
            print(f"{name} is left out: {error}")
        else:
            found.append((name, (program, python)))
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
