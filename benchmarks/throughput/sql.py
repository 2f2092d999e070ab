"""Rows a second of a query that scores beside a job that does the same: twenty numbers, features, a network.

Both read JSON Lines and write JSON. The query's columns are parsed and written by Flink, the job's by Python workers;
both compute the same features and run the same model. They take turns, with two slots each.

- ``ratio_job``: rows a second of the query over those of the job, where Flink reads the lines of both, as it does those
  of a topic: they are in gzip. ``ratio_job_by_cpu`` is the same from the CPU of the process tree.
- ``ratio_job_of_workers``: the same over plain files, which the workers of a job read without Flink.

``python -m benchmarks sql [SMALL LARGE REPEATS]``.
"""

from __future__ import annotations

import gzip
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.measure import Run, cpu, elapsed, load_average, print_figures, run_module, take_turns, us_per_row
from benchmarks.rows import NUMBERS, write_rows
from benchmarks.throughput.compared_jobs import DATA, USERS
from conf.loading.loader import load_settings
from models.inspect import spec_from_file
from models.registry import local_registry

CONFIG = DATA / "scoring.yaml"


def statements(source: str, output: str) -> str:
    """Return the query as a file of statements."""
    columns = ", ".join(f"{name} DOUBLE" for name in NUMBERS)
    listed = ", ".join(NUMBERS)
    return f"""
CREATE TABLE events (id BIGINT, `time` BIGINT, `user` STRING, {columns})
WITH ('connector' = 'filesystem', 'path' = '{source}', 'format' = 'json');
CREATE TABLE scores (id BIGINT, `user` STRING, prediction DOUBLE, version STRING, status STRING)
WITH ('connector' = 'filesystem', 'path' = '{output}', 'format' = 'json');
INSERT INTO scores SELECT id, `user`, p.prediction, p.version, p.status
FROM (SELECT *, gress_predict('network', {listed}) AS p FROM events);
"""


def run_once(source: str, output: str, registry: str) -> None:
    """Run the query to its end and print how long Flink took."""
    from gress.sql.session import SqlSession
    from gress.sql.session_options import SessionOptions
    from gress.sql.statements import split_statements

    settings = load_settings(CONFIG, environ={})
    parameters = {"gress.registry": registry, "gress.config": str(CONFIG)}
    session = SqlSession(SessionOptions(settings, parameters=parameters))
    begin = time.perf_counter()
    for statement in split_statements(statements(source, output)).statements:
        session.execute(statement.text).wait()
    print_figures({"seconds": time.perf_counter() - begin})


def main(small: str = "1000000", large: str = "3000000", repeats: str = "3") -> None:
    """Print the figures."""
    sizes, load = (int(small), int(large)), load_average()
    with tempfile.TemporaryDirectory(prefix="gress-bench-") as name:
        folder = Path(name)
        file, registry = DATA / "network.onnx", folder / "registry"
        local_registry(registry).publish(spec_from_file(file, "network", "1.0.0"), file)
        for size in sizes:
            write_rows(folder / "lines" / str(size), size, users=USERS)
            _pack(folder / "lines" / str(size), folder / "gzip" / str(size))
        programs: dict[str, Callable[[int], Run]] = {}
        for kind in ("gzip", "lines"):
            programs[f"job, {kind}"] = _program(folder, kind, "benchmarks.throughput.job_run", [str(CONFIG)], [])
            programs[f"query, {kind}"] = _program(folder, kind, "benchmarks.throughput.sql", ["once"], [str(registry)])
        turns = take_turns(programs, sizes, int(repeats))
    rates = {name: 1e6 / us_per_row(runs, elapsed) for name, runs in turns.items()}
    costs = {name: us_per_row(runs, cpu) for name, runs in turns.items()}
    figures: dict[str, float] = {}
    for kind, ending in (("gzip", ""), ("lines", "_of_workers")):
        query, job = f"query, {kind}", f"job, {kind}"
        figures |= {
            f"job_rows_per_s{ending}": round(rates[job]),
            f"query_rows_per_s{ending}": round(rates[query]),
            f"ratio_job{ending}": round(rates[query] / rates[job], 3),
            f"ratio_job_by_cpu{ending}": round(costs[job] / costs[query], 3),
            f"query_cpu_us_per_row{ending}": round(costs[query], 2),
        }
    print(f"load average before {load}, after {load_average()}")
    print_figures(figures)


def _program(folder: Path, kind: str, module: str, first: Sequence[str], last: Sequence[str]) -> Callable[[int], Run]:
    def measure(rows: int) -> Run:
        output = folder / "output"
        shutil.rmtree(output, ignore_errors=True)
        return run_module(module, *first, str(folder / kind / str(rows)), str(output), *last, rows=rows)

    return measure


def _pack(lines: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    for path in sorted(lines.iterdir()):
        with path.open("rb") as plain, gzip.open(folder / f"{path.name}.gz", "wb", 1) as packed:
            shutil.copyfileobj(plain, packed, 1 << 20)


if __name__ == "__main__":
    if sys.argv[1:2] == ["once"]:
        run_once(*sys.argv[2:])
    else:
        main(*sys.argv[1:])
