"""The published card-fraud data by each SQL function and each way to call it: what comes is the job's, row for row.

Features that need windows are the job's own, exported; each way has them as its columns. `make test-data` runs this.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from conf.loading.loader import load_settings
from jobs.flink.ports import free_port
from tests.support.card_checks import Found, Scored, check_found
from tests.support.card_queries import CLASSES_OF, DDL, EXPLAINED, PROGRAM, SINKS, TABLE_API, CardQueries
from tests.support.sql_gateway import running_gateway
from udfs.sql import FUNCTIONS
from udfs.sql.options import config_path
from udfs.sql.signature import feature_columns

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "card-fraud"
REGISTRY = Path(__file__).resolve().parents[2] / "models"
ROWS = 20_000
LINEAR = "fraud-detector$1.0.0"
DRIFT = ("ml.drift.enabled=true", "ml.drift.sample=1", "ml.drift.window=1d")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.environ.get("GRESS_WHOLE_DATA") != "1", reason="make test-data"),
    pytest.mark.skipif(not DATA.is_dir(), reason="the card-fraud data is not beside this checkout"),
]


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
    settings = [word for each in DRIFT for word in ("--set", each)]
    gress("run", "fraud-detection", "--input", source, "--output", output, "--format", "parquet", *settings)
    columns = json.loads(pq.read_schema(exported).metadata[b"gress.feature_columns"])
    features = pd.read_parquet(exported).rename(columns={"TRANSACTION_ID": "id"})
    names = ["event_id", "prediction", "scores", "model", "version"]
    want = pq.read_table(output / "predictions.parquet", columns=names).to_pandas().rename(columns={"event_id": "id"})
    rows = features.merge(want, on="id", validate="one_to_one").set_index("id").sort_index()
    rows["day"] = rows["TX_DATETIME"].dt.strftime("%Y-%m-%d")
    model, version = rows.iloc[0][["model", "version"]]
    settings_of_job = load_settings(config_path("fraud-detection"))
    inputs = [each.name for each in feature_columns("fraud-detection", settings_of_job)]
    written = write_rows(rows, ["TX_DATETIME", "TX_FRAUD", *columns], folder / "features.jsonl")
    queries = CardQueries(written, columns, inputs, f"{model}${version}", LINEAR)
    records = [json.loads(line) for part in (output / "drift").iterdir() for line in part.read_text().splitlines()]
    assert len(rows) == ROWS
    return Scored(REGISTRY, queries, rows, {each["window_start"][:10]: each for each in records})


def write_rows(rows: pd.DataFrame, columns: list[str], path: Path) -> Path:
    """Write rows as JSON lines; Python writes all digits of a number."""
    times = rows["TX_DATETIME"].dt.strftime("%Y-%m-%d %H:%M:%S")
    table = rows[columns].assign(TX_DATETIME=times).reset_index()
    plain = table.astype(object).where(table.notna(), None).to_dict("records")
    path.write_text("".join(json.dumps(row) + "\n" for row in plain))
    return path


def by_program(text: str) -> Callable[[CardQueries, Path], Found]:
    def score(queries: CardQueries, output: Path) -> Found:
        given = {
            **asdict(queries), "source": str(queries.source), "registry": str(REGISTRY), "functions": FUNCTIONS,
            "statements": list(queries.tables(output)), "view": queries.view, "insert": queries.insert,
            "classes_of": CLASSES_OF, "explained": EXPLAINED,
        }  # fmt: skip
        run("-c", PROGRAM + text, json.dumps(given))
        return found_in(output)

    return score


def by_command(*words: str) -> Callable[[CardQueries, Path], Found]:
    def score(queries: CardQueries, output: Path) -> Found:
        command, *more = words
        gress(command, "--registry", REGISTRY, "--batch", *more, queries.file(output))
        return found_in(output)

    return score


def by_gateway(queries: CardQueries, output: Path) -> Found:
    port = free_port()
    words = ["sql-gateway", "--registry", str(REGISTRY), "--batch", f"-Dsql-gateway.endpoint.rest.port={port}"]
    with running_gateway([sys.executable, "-m", "gress.cli.main", *words], output.parent, port) as gateway:
        for name in FUNCTIONS:
            gateway.run(f"CREATE TEMPORARY SYSTEM FUNCTION {name} AS 'udfs.sql.{name}' LANGUAGE PYTHON")
        for statement in (next(queries.tables(output)), queries.view):
            gateway.run(statement)
        return {name: gateway.run(query) for name, query in queries.queries.items()}


def found_in(output: Path) -> Found:
    """Return the rows of each table."""
    return {name: rows_of(output / name) for name in SINKS}


def rows_of(folder: Path) -> list[list[Any]]:
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
def test_each_function_gives_what_the_job_gives(
    scored: Scored, score: Callable[[CardQueries, Path], Found], tmp_path: Path
) -> None:
    check_found(score(scored.queries, tmp_path / "found"), scored)
