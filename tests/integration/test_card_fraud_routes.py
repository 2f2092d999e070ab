"""The published card-fraud data by each way to score it: predictions are those of the job, row for row.

Features that need windows are the job's own, exported; each way has them as its columns. `make test-data` runs this.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from jobs.flink.ports import free_port
from tests.support.sql_gateway import running_gateway

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "card-fraud"
ROWS = 20_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.environ.get("GRESS_WHOLE_DATA") != "1", reason="make test-data"),
    pytest.mark.skipif(not DATA.is_dir(), reason="the card-fraud data is not beside this checkout"),
]

TABLE_API = """
import gress
from pyflink.table.expressions import col
payments = tables.from_path("features").select(*map(col, ["TRANSACTION_ID", *columns]))
scored = payments.select(col("TRANSACTION_ID"), gress.predict(model, registry=registry).alias("p"))
found = scored.select(col("TRANSACTION_ID"), *(col("p").get(name) for name in ("prediction", "version", "status")))
found.execute_insert("scores").wait()
"""
DDL = """
tables.execute_sql("CREATE FUNCTION gress_predict AS 'udfs.sql.gress_predict' LANGUAGE PYTHON")
tables.execute_sql("INSERT INTO scores " + query).wait()
"""
PROGRAM = """
import json, sys
from pyflink.table import EnvironmentSettings, TableEnvironment
registry, model, columns, statements, query = json.loads(sys.argv[1])
tables = TableEnvironment.create(EnvironmentSettings.in_batch_mode())
for key in ("python.executable", "python.client.executable"):
    tables.get_config().set(key, sys.executable)
tables.get_config().set("pipeline.global-job-parameters", "gress.registry:" + registry)
for statement in statements:
    tables.execute_sql(statement)
"""


@dataclass(frozen=True)
class Scored:
    """Rows that the job has scored.

    Attributes:
        folder: with ``features.jsonl``, the columns of each row.
        columns: names of the features, in the model's order.
        want: prediction, version and status by transaction, as the job gave them.
    """

    folder: Path
    columns: tuple[str, ...]
    want: pd.DataFrame

    @property
    def registry(self) -> Path:
        """The registry that the job scored with."""
        return Path(__file__).resolve().parents[2] / "models"

    @property
    def model(self) -> str:
        """The model and the version that the job scored with."""
        model, version = self.want.iloc[0][["model", "version"]]
        return f"{model}${version}"

    @property
    def query(self) -> str:
        """The query that scores all rows."""
        call = f"gress_predict('{self.model}', {', '.join(self.columns)})"
        row = f"SELECT *, {call} AS p FROM features"
        return f"SELECT TRANSACTION_ID, p.prediction, p.version, p.status FROM ({row})"

    def tables(self, output: Path) -> list[str]:
        """Return the statements that name the rows and where their scores go."""
        columns = ", ".join(f"{name} DOUBLE" for name in self.columns)
        options = "'connector' = 'filesystem', 'format' = 'json', 'path' = '{}'"
        scores = "TRANSACTION_ID BIGINT, prediction DOUBLE, version STRING, status STRING"
        return [
            f"CREATE TABLE features (TRANSACTION_ID BIGINT, {columns})"
            f" WITH ({options.format(self.folder / 'features.jsonl')})",
            f"CREATE TABLE scores ({scores}) WITH ({options.format(output)})",
        ]

    def file(self, output: Path) -> Path:
        """Write a file of statements that score all rows."""
        path = output.parent / "score.sql"
        path.write_text(";\n".join([*self.tables(output), f"INSERT INTO scores {self.query}"]) + ";\n")
        return path


def run(*words: str | Path) -> None:
    done = subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def gress(*words: str | Path) -> None:
    run("-m", "gress.cli.main", *words)


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Scored:
    """The first rows through the job, and their features."""
    folder = tmp_path_factory.mktemp("routes")
    source, exported, output = folder / "transactions.parquet", folder / "features.parquet", folder / "out"
    pq.read_table(DATA / "transactions.parquet").slice(0, ROWS).to_pandas().to_parquet(source)
    gress("features", "export", "fraud-detection", "--input", source, "--output", exported)
    gress("run", "fraud-detection", "--input", source, "--output", output, "--format", "parquet")
    features = pd.read_parquet(exported)
    want = pq.read_table(output / "predictions.parquet", columns=["event_id", "prediction", "model", "version"])
    table = want.to_pandas().assign(TRANSACTION_ID=want["event_id"].to_pandas().astype("int64"))
    columns = tuple(json.loads(pq.read_schema(exported).metadata[b"gress.feature_columns"]))
    rows = features[["TRANSACTION_ID", *columns]].astype(object).where(features.notna(), None).to_dict("records")
    # Python writes all digits of a number.
    (folder / "features.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Scored(folder, columns, table.set_index("TRANSACTION_ID").sort_index())


def by_program(text: str) -> Callable[[Scored, Path], list[list[object]]]:
    def score(scored: Scored, output: Path) -> list[list[object]]:
        given = [str(scored.registry), scored.model, scored.columns, scored.tables(output), scored.query]
        run("-c", PROGRAM + text, json.dumps(given))
        return rows_of(output)

    return score


def by_command(*words: str) -> Callable[[Scored, Path], list[list[object]]]:
    def score(scored: Scored, output: Path) -> list[list[object]]:
        command, *more = words
        gress(command, "--registry", scored.registry, "--batch", *more, scored.file(output))
        return rows_of(output)

    return score


def by_gateway(scored: Scored, output: Path) -> list[list[object]]:
    port = free_port()
    words = ["sql-gateway", "--registry", str(scored.registry), "--batch", f"-Dsql-gateway.endpoint.rest.port={port}"]
    with running_gateway([sys.executable, "-m", "gress.cli.main", *words], output.parent, port) as gateway:
        gateway.run("CREATE TEMPORARY SYSTEM FUNCTION gress_predict AS 'udfs.sql.gress_predict' LANGUAGE PYTHON")
        gateway.run(scored.tables(output)[0])
        return gateway.run(scored.query)


def rows_of(folder: Path) -> list[list[object]]:
    parts = [path for path in folder.glob("**/*") if path.is_file()]
    return [list(json.loads(line).values()) for part in parts for line in part.read_text().splitlines()]


@pytest.mark.parametrize(
    "score",
    [
        pytest.param(by_program(TABLE_API), id="Table API"),
        pytest.param(by_program(DDL), id="DDL"),
        pytest.param(by_command("sql"), id="gress sql"),
        pytest.param(by_command("sql-client", "-f"), id="sql-client"),
        pytest.param(by_gateway, id="SQL Gateway"),
    ],
)
@pytest.mark.usefixtures("sql_jars")
def test_each_way_gives_the_predictions_of_the_job(
    scored: Scored, score: Callable[[Scored, Path], list[list[object]]], tmp_path: Path
) -> None:
    found = pd.DataFrame(
        score(scored, tmp_path / "scores"), columns=["TRANSACTION_ID", "prediction", "version", "status"]
    )
    found = found.set_index("TRANSACTION_ID").sort_index()
    assert len(found) == ROWS
    assert found.index.equals(scored.want.index)
    assert set(found["status"]) == {"ok"}
    np.testing.assert_array_equal(found["version"], scored.want["version"])
    np.testing.assert_array_equal(found["prediction"].astype(float), scored.want["prediction"])
