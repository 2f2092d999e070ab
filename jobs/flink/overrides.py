"""Options of Flink that hold for some operators of a job only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from jobs.flink.environment import FlinkSession

ONE_ROW: Mapping[str, str] = {
    "python.fn-execution.bundle.size": "1",
    "python.fn-execution.arrow.batch.size": "1",
}
"""Batches of one row, for functions whose rows are batches themselves."""


IDLE = "table.exec.source.idle-timeout"
"""After so long without a row a source of watermarks made of a stream no longer holds up the others."""

# An option cannot be unset.
_DEFAULTS = {IDLE: "0 ms"}


@contextmanager
def table_options(session: FlinkSession, options: Mapping[str, str]) -> Iterator[None]:
    """Set options of the Table API inside the block; they apply to tables that are translated there."""
    config = session.tables.get_config()
    before = {key: config.get(key, _DEFAULTS.get(key, "")) for key in options}
    for key, value in options.items():
        config.set(key, value)
    try:
        yield
    finally:
        for key, value in before.items():
            if value:
                config.set(key, value)


def run_in_thread(session: FlinkSession) -> None:
    """Let the job's operators of the DataStream API run Python in the JVM's process; pandas functions do not.

    No checkpoint may come between the timers of one watermark, as a stage answers in the first and saves in each.
    """
    from pyflink.util.java_utils import get_j_env_configuration

    # The operators read the mode when they are made, and again when they run.
    config = get_j_env_configuration(session.env._j_stream_execution_environment)
    config.setString("python.execution-mode", "thread")
    config.setString("execution.checkpointing.unaligned.interruptible-timers.enabled", "false")
