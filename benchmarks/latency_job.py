"""A scoring job in the latency profile that reads a socket and writes how long each event took.

``python -m benchmarks.latency_job CONFIG PORT OUTPUT [key.path=value ...]``.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from conf.loading.loader import load_settings
from jobs.flink.environment import FlinkSession, open_session
from jobs.flink.sql import View, create_view
from jobs.pipeline.scoring import score
from jobs.runs.launch import execute, local_options
from jobs.sinks.files import create_csv_sink
from udfs.functions.parse_lines import LINE
from udfs.parsing.lines import JsonLines


def main(config: str, port: str, output: str, *overrides: str) -> None:
    """Run until the socket ends."""
    chosen = ("execution.profile=latency", "execution.parallelism=1", *overrides)
    settings = load_settings(Path(config), overrides=chosen, environ={})
    job = settings.job
    if job is None:
        msg = f"{config}: expected a job, got none"
        raise ValueError(msg)
    folder = Path(output)
    session = open_session(settings, extra=local_options(job.name, folder))
    lines = read_socket(session, int(port))
    scored = score(session, settings, job, lines, JsonLines(job.events.fields)).scored
    register_clock(session)
    create_csv_sink(session, "took", (("sent", "BIGINT"), ("took", "BIGINT")), folder / "took")
    statements = session.tables.create_statement_set()
    took = f"SELECT `{job.events.id}`, ns_since(`{job.events.id}`, __prediction)"
    query = f"{took} FROM {scored.name} WHERE __dead_letter_reason IS NULL"
    statements.add_insert_sql(f"INSERT INTO took {query}")
    execute(statements, job.name)


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
