"""Scores of a query beside those of a job, and of a stream while another version is promoted."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from conf.loading.loader import settings_from
from jobs.flink.environment import open_session
from jobs.flink.jvm.collection import planning
from models.inspect import spec_from_file
from models.lifecycle import promote
from models.registry import local_registry
from tests.support.crafted_input import CraftedInput
from tests.support.fraud_config import FEATURES, expected_features
from tests.support.job_runs import JobRun
from tests.support.small_model import write_model
from tests.support.tiny_models import write_linear, write_opposite
from udfs.sql.options import NamedModel, SqlOptions
from udfs.sql.sql_models import SqlModels

if TYPE_CHECKING:
    from pyflink.table import StreamTableEnvironment

OpenTables = Callable[[Path, Path], "StreamTableEnvironment"]
DEADLINE_S = 240.0
# With checkpoints a result shows its rows at each of them alone.
_UNCHECKED = settings_from({"execution": {"checkpoint_interval": "0s"}})


@pytest.fixture
def open_tables() -> OpenTables:
    """Open tables whose functions have a registry and settings."""

    def opened(registry: Path, config: Path) -> StreamTableEnvironment:
        tables = open_session(_UNCHECKED, extra={"restart-strategy.type": "none"}).tables
        given = f"gress.registry:{registry},gress.config:{config}"
        tables.get_config().set("pipeline.global-job-parameters", given)
        with planning():
            tables.execute_sql(
                "CREATE TEMPORARY FUNCTION IF NOT EXISTS gress_predict AS 'udfs.sql.gress_predict' LANGUAGE PYTHON"
            )
        return tables

    return opened


def test_a_query_predicts_what_the_job_predicts(
    crafted: CraftedInput, crafted_run: JobRun, fraud_config: Path, open_tables: OpenTables, tmp_path: Path
) -> None:
    """The windows of the query are those by brute force; its other features come from the settings of the job."""
    file = write_model(tmp_path / "model", width=len(FEATURES))
    local_registry(tmp_path / "registry").publish(spec_from_file(file, "fraud-detector", "2.0.0"), file)
    named = NamedModel("fraud-detector", "", str(fraud_config))
    names = [column.name for column in SqlModels(SqlOptions(str(tmp_path / "registry"))).columns(named)]
    rows = crafted.rows
    windows = pd.DataFrame(expected_features(rows), columns=FEATURES)[[name for name in names if "WINDOW" in name]]
    at = pd.to_datetime(rows["TX_DATETIME"], unit="ms").dt.strftime("%Y-%m-%d %H:%M:%S.%f")
    table = pd.concat([rows[["TX_AMOUNT"]], at, windows], axis=1)[names]
    table.insert(0, "id", rows["TRANSACTION_ID"])
    table.to_csv(tmp_path / "rows.csv", index=False, header=False)
    columns = ", ".join(f"`{name}` {'TIMESTAMP(3)' if name == 'TX_DATETIME' else 'DOUBLE'}" for name in names)
    tables = open_tables(tmp_path / "registry", fraud_config)
    call = f"gress_predict('fraud-detector', {', '.join(names)})"
    with planning():
        tables.execute_sql(
            f"CREATE TEMPORARY TABLE payments (id BIGINT, {columns})"
            f" WITH ('connector' = 'filesystem', 'path' = '{tmp_path / 'rows.csv'}', 'format' = 'csv')"
        )
        found = tables.execute_sql(f"SELECT id, p.prediction, p.status FROM (SELECT id, {call} AS p FROM payments)")
        with found.collect() as answers:
            said = {row[0]: (row[1], row[2]) for row in answers}
    want = crafted_run.predictions.set_index("event_id")["prediction"]
    assert len(said) == len(rows)
    scored = {number: prediction for number, (prediction, status) in said.items() if status == "ok"}
    assert {said[number][1] for number in set(said) - set(want.index)} == {"dead_letter"}
    assert set(scored) == set(want.index)
    np.testing.assert_allclose([scored[number] for number in want.index], want, rtol=1e-6)


def test_rows_of_a_running_query_change_to_a_promoted_version(open_tables: OpenTables, tmp_path: Path) -> None:
    registry = local_registry(tmp_path / "registry")
    for version, write in (("1.0.0", write_linear), ("2.0.0", write_opposite)):
        file = write(tmp_path / version)
        registry.publish(spec_from_file(file, "payments", version, feature_columns=("a", "b", "c")), file)
    promote(registry, "payments", "1.0.0")
    config = tmp_path / "watch.yaml"
    config.write_text("ml: {model_registry: {watch_interval: 100ms}}")
    tables = open_tables(tmp_path / "registry", config)
    tables.get_config().set("python.fn-execution.bundle.time", "100")
    with planning():
        tables.execute_sql(
            "CREATE TEMPORARY TABLE ticks (id BIGINT, a DOUBLE) WITH ('connector' = 'datagen',"
            " 'rows-per-second' = '50', 'fields.id.kind' = 'sequence',"
            " 'fields.id.start' = '0', 'fields.id.end' = '9999')"
        )
        call = "gress_predict('payments', a, 1.0, 2.0)"
        result = tables.execute_sql(f"SELECT id, p.version FROM (SELECT id, {call} AS p FROM ticks)")
    seen: list[tuple[int, str]] = []
    deadline = time.monotonic() + DEADLINE_S
    with result.collect() as rows:
        for row in rows:
            seen.append((row[0], row[1]))
            if len(seen) == 20:
                promote(registry, "payments", "2.0.0")
            if row[1] == "2.0.0" or time.monotonic() > deadline:
                break
    assert [number for number, _ in seen] == list(range(len(seen)))
    assert [version for version, _ in itertools.groupby(version for _, version in seen)] == ["1.0.0", "2.0.0"]
