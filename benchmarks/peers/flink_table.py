"""Plain PyFlink: a table of JSON files, a function in SQL, a table of JSON files.

``row`` calls Python once a row, ``pandas`` once a batch. Both have the parallelism, batches and checkpoints of our job.

``python -m benchmarks.peers.flink_table INPUT MODEL OUTPUT row|pandas``.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pyflink.common import Configuration
from pyflink.table import DataTypes, EnvironmentSettings, TableEnvironment
from pyflink.table.udf import FunctionContext, ScalarFunction, udf

from benchmarks.peers.batch_step import CONSTANTS, features, features_of_row, load
from benchmarks.peers.result import print_result
from benchmarks.rows import NUMBERS

if TYPE_CHECKING:
    import pandas as pd

_BATCH = "10000"
_OPTIONS = {
    "parallelism.default": "2",
    "execution.checkpointing.interval": "10 s",
    "pipeline.object-reuse": "true",
    "python.executable": sys.executable,
    "python.fn-execution.bundle.size": _BATCH,
    "python.fn-execution.arrow.batch.size": _BATCH,
}


class ScoreRow(ScalarFunction):
    """The score of one row."""

    def __init__(self, model: str) -> None:
        self._model = model

    def open(self, function_context: FunctionContext) -> None:
        """Load the model."""
        del function_context
        self._predict = load(self._model)

    def eval(self, *values: float) -> float:
        """Score a row."""
        return float(self._predict(np.array([features_of_row(values)], np.float32))[0])


class ScoreSeries(ScoreRow):
    """The scores of many rows."""

    def eval(self, *columns: pd.Series) -> pd.Series:
        """Score a batch."""
        import pandas as pd

        return pd.Series(self._predict(features(np.column_stack(columns))).astype(np.float64))


def main(source: str, model: str, output: str, kind: str) -> None:
    """Run the job in this machine's mini-cluster, whose workers are processes."""
    # Without it, both tasks run their Python as threads of this process.
    os.environ["_python_worker_execution_mode"] = "process"  # noqa: SIM112 - PyFlink's own spelling
    configuration = Configuration()
    for name, value in _OPTIONS.items():
        configuration.set_string(name, value)
    settings = EnvironmentSettings.new_instance().in_streaming_mode().with_configuration(configuration).build()
    tables = TableEnvironment.create(settings)
    function: dict[str, Any] = {
        "row": lambda: udf(ScoreRow(model), result_type=DataTypes.DOUBLE()),
        "pandas": lambda: udf(ScoreSeries(model), result_type=DataTypes.DOUBLE(), func_type="pandas"),
    }[kind]()
    tables.create_temporary_system_function("score", function)
    for statement in definitions(source, output):
        tables.execute_sql(statement)
    start = time.perf_counter()
    tables.execute_sql(insertion()).wait()
    print_result(time.perf_counter() - start, "apache-flink", "numpy", "onnxruntime", "pandas", "pyarrow")


def definitions(source: str, output: str) -> tuple[str, str]:
    """Return the statements that name both tables."""
    numbers = ", ".join(f"{name} DOUBLE" for name in NUMBERS)
    constants = ", ".join(f"{name} STRING" for name in CONSTANTS)
    files = "'connector' = 'filesystem', 'format' = 'json', 'path'"
    return (
        f"CREATE TABLE events (id BIGINT, `time` BIGINT, `user` STRING, {numbers})"
        f" WITH ({files} = '{Path(source).as_uri()}')",
        "CREATE TABLE predictions"
        f" (event_id BIGINT, event_time TIMESTAMP_LTZ(3), `key` STRING, prediction DOUBLE, {constants})"
        f" WITH ({files} = '{Path(output).as_uri()}', 'json.timestamp-format.standard' = 'ISO-8601')",
    )


def insertion() -> str:
    """Return the statement that scores."""
    constants = ", ".join(f"'{value}'" for value in CONSTANTS.values())
    score = f"score({', '.join(NUMBERS)})"
    return f"INSERT INTO predictions SELECT id, TO_TIMESTAMP_LTZ(`time`, 3), `user`, {score}, {constants} FROM events"


if __name__ == "__main__":
    main(*sys.argv[1:])
