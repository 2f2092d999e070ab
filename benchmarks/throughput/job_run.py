"""One run of a scoring job as ``gress run`` builds it, in a process of its own so that its CPU can be measured.

``python -m benchmarks.throughput.job_run CONFIG INPUT OUTPUT [key.path=value ...]``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import print_figures
from conf.loading.loader import load_settings
from jobs.flink.environment import open_session
from jobs.flink.jvm.collection import planning
from jobs.pipeline.pieces import reads_pieces
from jobs.runs.execution import execute
from jobs.runs.local_options import local_options
from jobs.scoring_job import build
from jobs.sinks.inserts import Inserts
from jobs.sources.files import find_inputs


@dataclass(frozen=True)
class PlannedJob:
    """A job that waits for its execution.

    Attributes:
        inserts: the inserts that it executes.
        name: its name.
        address: HOST:PORT of Flink's REST API.
    """

    inserts: Inserts
    name: str
    address: str


def main(config: str, source: str, output: str, *overrides: str) -> None:
    """Run the job to its end and print how long Flink took."""
    job = plan(config, source, output, overrides)
    start = time.perf_counter()
    execute(job.inserts, job.name)
    print_figures({"seconds": time.perf_counter() - start})


def plan(config: str, source: str, output: str, overrides: Sequence[str]) -> PlannedJob:
    """Start the JVM and build a job as ``gress run`` does."""
    settings = load_settings(Path(config), overrides=overrides, environ={})
    job = settings.job
    if job is None:
        msg = f"{config}: expected a job, got none"
        raise ValueError(msg)
    files, folder = find_inputs(source), Path(output)
    options = local_options(job.name, folder)
    session = open_session(settings, extra=options, moves_blocks=reads_pieces(settings, job, files))
    with planning():
        inserts = build(session, settings, job, files, folder)
    return PlannedJob(inserts, job.name, f"127.0.0.1:{options['rest.port']}")


if __name__ == "__main__":
    main(*sys.argv[1:])
