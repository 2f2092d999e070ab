"""Cost of metrics and drift: the scoring job with both off, with metrics, and with both.

The job is that of ``scoring``; with metrics on, its endpoint is scraped every five seconds. Figures:

- ``overhead_pct``: extra time of the workers' function for a batch of 10,000 rows with metrics on: medians of batches
  in turns, in one process that counts, writes and is scraped. It contains all the work of metrics. The function is
  two thirds of the job, so throughput loses less. ``overhead_single_pct``: the same for single rows.
- ``drift_overhead_pct``, ``drift_overhead_single_pct``: the same with drift sampled as well.
- ``job_overhead_pct``, ``job_drift_overhead_pct``: extra time of a row in the whole job, slope between two sizes in
  turns. On a shared machine it is exact to some percent; it contains the cost of samples after the workers.

``python -m benchmarks metrics [SMALL LARGE REPEATS]``.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from ruamel.yaml import YAML

from benchmarks.measure import Run, cpu, elapsed, load_average, print_figures, run_module, take_turns, us_per_row
from benchmarks.rows import line, numbers, write_rows
from benchmarks.throughput.scoring import CONFIG
from jobs.flink.ports import free_port

if TYPE_CHECKING:
    from udfs.functions.write_lines import WriteLines

_SCRAPE_S = 5.0
_TRAINING_ROWS = 20_000


def main(small: str = "2000000", large: str = "6000000", repeats: str = "3") -> None:
    """Print the figures."""
    sizes = (int(small), int(large))
    load = load_average()
    with tempfile.TemporaryDirectory(prefix="gress-bench-") as name:
        folder = Path(name)
        for size in sizes:
            write_rows(folder / str(size), size)
        config, port = with_baseline(folder), free_port()
        metrics = (f"ml.metrics.port={port}", f"ml.metrics.folder={folder / 'metrics'}")
        settings = {
            "off": (),
            "metrics": metrics,
            "drift": (*metrics, "ml.drift.enabled=true", "ml.drift.window=10m"),
        }
        batches, singles = function_times(config, settings, port, folder / "metrics")
        print(f"us a row: batches {batches}, singles {singles}", flush=True)
        programs = {name: _job(folder, config, given, port if given else 0) for name, given in settings.items()}
        turns = take_turns(programs, sizes, int(repeats))
    times = {name: us_per_row(runs, elapsed) for name, runs in turns.items()}
    costs = {name: us_per_row(runs, cpu) for name, runs in turns.items()}

    def more(found: Mapping[str, float], name: str) -> float:
        return round(100 * (found[name] / found["off"] - 1), 2)

    print(f"load average before {load}, after {load_average()}")
    print_figures(
        {
            "overhead_pct": more(batches, "metrics"),
            "overhead_single_pct": more(singles, "metrics"),
            "drift_overhead_pct": more(batches, "drift"),
            "drift_overhead_single_pct": more(singles, "drift"),
            "job_overhead_pct": more(times, "metrics"),
            "job_drift_overhead_pct": more(times, "drift"),
            **{f"rows_per_s_{name}": round(1e6 / time) for name, time in times.items()},
            **{f"cpu_us_per_row_{name}": round(cost, 2) for name, cost in costs.items()},
        }
    )


def with_baseline(folder: Path) -> Path:
    """Register the network with its baseline, write the settings of the scoring job and return their file."""
    import pyarrow as pa
    from pyarrow import parquet

    from conf.loading.loader import load_settings
    from models.lifecycle import register
    from models.registry import local_registry
    from udfs.drift.training_rows import baseline_of
    from udfs.features.feature_set import compile_feature_set
    from udfs.functions.parse_lines import ParseLines
    from udfs.parsing.json_lines import JsonLines

    job = load_settings(CONFIG, environ={}).job
    if job is None:
        msg = f"{CONFIG}: expected a job, got none"
        raise ValueError(msg)
    features = compile_feature_set(job.features, job.events)
    parse = ParseLines(job.events, JsonLines(job.events.fields))
    parse.open()
    lines = [line(row, values).encode() for row, values in enumerate(numbers(_TRAINING_ROWS))]
    matrix = features.transform(parse.parse(lines).columns)
    rows = folder / "rows.parquet"
    parquet.write_table(pa.table(dict(zip(features.columns, matrix.T, strict=True))), rows)
    network = CONFIG.with_name("network.onnx")
    registry, baseline = local_registry(folder / "models"), baseline_of(rows)
    register(registry, network, "network", "1.0.0", baseline=baseline, feature_columns=features.columns)
    tree = YAML(typ="safe").load(CONFIG.read_text("utf-8"))
    tree["ml"] = {"enabled": True, "model_registry": {"base_path": str(folder / "models")}}
    path = folder / "job.yaml"
    path.write_text(json.dumps(tree), encoding="utf-8")
    return path


def function_times(
    config: Path, settings: Mapping[str, tuple[str, ...]], port: int, folder: Path
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the microseconds a row of the workers' function in batches and alone, by name of its settings."""
    from conf.loading.loader import load_settings
    from udfs.functions.score_lines import ScoreLines
    from udfs.functions.write_lines import WriteLines
    from udfs.parsing.json_lines import JsonLines

    # Set it before the first metric is made, as a worker does.
    folder.mkdir()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    functions = {}
    for name, overrides in settings.items():
        loaded = load_settings(config, overrides=overrides, environ={})
        job = loaded.job
        if job is None:
            msg = f"{config}: expected a job, got none"
            raise ValueError(msg)
        functions[name] = WriteLines(ScoreLines(job, loaded.ml, JsonLines(job.events.fields)))
        functions[name].open()
    with _scraped(port):
        found = tuple(_take_turns(functions, size, turns) for size, turns in ((10_000, 300), (1, 10_000)))
    for function in functions.values():
        function.close()
    return found[0], found[1]


def _take_turns(functions: Mapping[str, WriteLines], size: int, turns: int) -> dict[str, float]:
    lines = np.array([line(row, values).encode() for row, values in enumerate(numbers(size))], dtype=object)
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(turns):
        for name, function in functions.items():
            start = time.perf_counter()
            function.run({"__line": lines})
            times[name].append(time.perf_counter() - start)
    return {name: round(statistics.median(taken) / size * 1e6, 3) for name, taken in times.items()}


def _job(folder: Path, config: Path, overrides: tuple[str, ...], port: int = 0) -> Callable[[int], Run]:
    def measure(rows: int) -> Run:
        output = folder / "output"
        shutil.rmtree(output, ignore_errors=True)
        arguments = (str(config), str(folder / str(rows)), str(output), *overrides)
        with _scraped(port):
            return run_module("benchmarks.throughput.job_run", *arguments, rows=rows)

    return measure


@contextlib.contextmanager
def _scraped(port: int) -> Iterator[None]:
    """Scrape an endpoint as Prometheus would; none is there before the first batch."""
    stop = threading.Event()

    def scrape() -> None:
        while not stop.wait(_SCRAPE_S):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
                answer.read()

    thread = threading.Thread(target=scrape, daemon=True)
    if port:
        thread.start()
    try:
        yield
    finally:
        stop.set()


if __name__ == "__main__":
    main(*sys.argv[1:])
