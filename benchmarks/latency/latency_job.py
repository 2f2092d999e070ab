"""A scoring job, in the latency profile unless told otherwise, that reads a socket and writes how long each event took.

``python -m benchmarks.latency.latency_job CONFIG PORT OUTPUT [key.path=value ...]``.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from conf.experiments.experiment_choice import shadow_experiments
from conf.loading.loader import load_settings
from conf.settings import JobSettings, Settings
from jobs.flink.environment import FlinkSession, open_session
from jobs.flink.jvm.collection import planning
from jobs.flink.sql import View, create_view
from jobs.pipeline.scoring import has_windows, score
from jobs.pipeline.shadows import add_shadows
from jobs.pipeline.steps import apply
from jobs.runs.execution import execute
from jobs.runs.local_options import local_options
from jobs.sinks.files import write_csv
from jobs.sinks.inserts import Inserts
from udfs.functions.parse_lines import LINE
from udfs.functions.score_lines import ScoreLines
from udfs.parsing.lines import JsonLines

# Copies need predictions as rows. Otherwise workers write those of a job with windows as text, and no row comes out.
ROWS = ("job.sink.print=true",)
_PYTHON_CLOCK = "ns_since({sent}, __prediction)"
# Another Python function would be another step with batches of its own.
_JAVA_CLOCK = """
    (1000 * CAST(UNIX_TIMESTAMP(DATE_FORMAT(CURRENT_ROW_TIMESTAMP(), 'yyyy-MM-dd HH:mm:ss')) AS BIGINT)
     + CAST(DATE_FORMAT(CURRENT_ROW_TIMESTAMP(), 'SSS') AS BIGINT)) * 1000000 - {sent}"""


def main(config: str, port: str, output: str, *overrides: str) -> None:
    """Run until the socket ends."""
    chosen = ("execution.profile=latency", "execution.parallelism=1", *ROWS, *overrides)
    settings = load_settings(Path(config), overrides=chosen, environ={})
    job = settings.job
    if job is None:
        msg = f"{config}: expected a job, got none"
        raise ValueError(msg)
    folder = Path(output)
    session = open_session(settings, extra=local_options(job.name, folder), is_endless=True)
    with planning():
        lines = read_socket(session, int(port))
        scored = score_rows(session, settings, job, lines)
        register_clock(session)
        inserts = Inserts(session)
        took = _PYTHON_CLOCK if settings.execution.profile == "latency" else _JAVA_CLOCK
        chosen = f"SELECT `{job.events.id}`, {took.format(sent=f'`{job.events.id}`')}"
        query = f"{chosen} FROM {scored.name} WHERE __dead_letter_reason IS NULL"
        write_csv(inserts, "took", (("sent", "BIGINT"), ("took", "BIGINT")), query, folder / "took")
        if shadow_experiments(settings.ml, job.inference.model_name):
            add_shadows(session, settings, inserts, job, scored, folder)
    execute(inserts, job.name)


def score_rows(session: FlinkSession, settings: Settings, job: JobSettings, lines: View) -> View:
    """Register and return the scored rows; not as text, which workers would make of them."""
    line_format, profile = JsonLines(job.events.fields), settings.execution.profile
    if profile == "latency" or has_windows(job):
        return score(session, settings, job, lines, line_format).scored
    return apply(session, lines, "scored", ScoreLines(job, settings.ml, line_format), profile=profile)


def read_socket(session: FlinkSession, port: int) -> View:
    """Register and return lines from a socket."""
    from pyflink.datastream import DataStream

    stream = DataStream(session.env._j_stream_execution_environment.socketTextStream("127.0.0.1", port))
    lines = session.tables.from_data_stream(stream).alias("__line")
    return create_view(session, "socket_lines", LINE, f"SELECT ENCODE(__line, 'UTF-8') AS __line FROM {lines}")


def register_clock(session: FlinkSession) -> None:
    """Register ``ns_since(sent, prediction)``: nanoseconds from sending an event to its prediction."""
    from pyflink.table.udf import ScalarFunction, udf

    class NsSince(ScalarFunction):
        def open(self, function_context: object) -> None:
            # Operators open from the last to the first, each with its own thread state on the one thread of their task.
            # ONNX Runtime must load on the first of these, because it would wait for ever on another.
            import onnxruntime  # noqa: F401

        def is_deterministic(self) -> bool:
            return False

        def eval(self, sent: int, prediction: float) -> int:
            # The prediction is an argument, so that the clock is read after it.
            del prediction
            return time.time_ns() - sent

    session.tables.create_temporary_function("ns_since", udf(NsSince(), result_type="BIGINT", deterministic=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
