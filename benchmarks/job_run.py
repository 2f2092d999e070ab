"""One run of a scoring job as ``gress run`` builds it, in a process of its own so that its CPU can be told apart.

``python -m benchmarks.job_run CONFIG INPUT OUTPUT [SINK] [key.path=value ...]``; SINK ``files`` (the job's own) or
``blackhole``.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import print_figures
from conf.loader import load_settings
from conf.settings import JobSettings, Settings
from jobs.environment import FlinkSession, open_session
from jobs.fraud_detection import build
from jobs.inputs import InputFiles, find_inputs
from jobs.launch import execute, local_options
from jobs.pipeline import has_windows, score
from jobs.sources import create_lines
from udfs.functions.scatter import PROBLEM_COLUMNS
from udfs.functions.score_columns import PREDICTION_COLUMNS
from udfs.functions.score_lines import carried_columns
from udfs.functions.vector_function import SqlColumns

if TYPE_CHECKING:
    from pyflink.table import StatementSet


def main(config: str, source: str, output: str, sink: str = "files", *overrides: str) -> None:
    """Run the job to its end and print how long Flink took."""
    settings = load_settings(Path(config), overrides=overrides, environ={})
    job = settings.job
    if job is None:
        msg = f"{config}: expected a job, got none"
        raise ValueError(msg)
    files, folder = find_inputs(source), Path(output)
    session = open_session(settings, extra=local_options(job.name, folder))
    statements = (build if sink == "files" else _build_blackhole)(session, settings, job, files, folder)
    start = time.perf_counter()
    execute(statements, job.name)
    print_figures({"seconds": time.perf_counter() - start})


def _build_blackhole(
    session: FlinkSession, settings: Settings, job: JobSettings, files: InputFiles, output: Path
) -> StatementSet:
    """The same job without its sinks: everything that scoring yields is made and thrown away."""
    del output
    lines = create_lines(session, files, is_ordered=has_windows(job))
    scored = score(session, settings, job, lines, files.line_format(job.events)).scored
    columns = ", ".join(f"`{name}` {kind}" for name, kind in _columns(job))
    session.tables.execute_sql(f"CREATE TEMPORARY TABLE nowhere ({columns}) WITH ('connector'='blackhole')")
    listed = ", ".join(f"`{name}`" for name, _ in _columns(job))
    statements = session.tables.create_statement_set()
    statements.add_insert_sql(f"INSERT INTO nowhere SELECT {listed} FROM {scored}")
    return statements


def _columns(job: JobSettings) -> SqlColumns:
    return (*PROBLEM_COLUMNS, *carried_columns(job), *PREDICTION_COLUMNS)


if __name__ == "__main__":
    main(*sys.argv[1:])
