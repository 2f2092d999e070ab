"""One run of a scoring job as ``gress run`` builds it, in a process of its own so that its CPU can be measured.

``python -m benchmarks.job_run CONFIG INPUT OUTPUT [key.path=value ...]``.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from benchmarks.measure import print_figures
from conf.loading.loader import load_settings
from jobs.flink.environment import open_session
from jobs.fraud_detection import build
from jobs.pipeline.pieces import reads_pieces
from jobs.runs.launch import execute, local_options
from jobs.sources.files import find_inputs


def main(config: str, source: str, output: str, *overrides: str) -> None:
    """Run the job to its end and print how long Flink took."""
    settings = load_settings(Path(config), overrides=overrides, environ={})
    job = settings.job
    if job is None:
        msg = f"{config}: expected a job, got none"
        raise ValueError(msg)
    files, folder = find_inputs(source), Path(output)
    moves_blocks = reads_pieces(settings, job, files)
    session = open_session(settings, extra=local_options(job.name, folder), moves_blocks=moves_blocks)
    statements = build(session, settings, job, files, folder)
    start = time.perf_counter()
    execute(statements, job.name)
    print_figures({"seconds": time.perf_counter() - start})


if __name__ == "__main__":
    main(*sys.argv[1:])
