"""The published card-fraud data by each SQL function and each way to call it: what comes is the job's, row for row.

Features that need windows are the job's own, exported; each way has them as its columns. `make test-data` runs this.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from conf.loading.loader import load_settings
from jobs.flink.ports import free_port
from tests.support.card_queries import CLASSES_OF, DDL, EXPLAINED, PROGRAM, SINKS, TABLE_API, CardQueries
from tests.support.sql_gateway import running_gateway
from udfs.sql import FUNCTIONS
from udfs.sql.options import config_path
from udfs.sql.signature import feature_columns

Found = dict[str, list[list[Any]]]

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


@dataclass(frozen=True)
class Scored:
    """Rows that the job has scored.

    Attributes:
        queries: statements on them.
        rows: the job's features and predictions by transaction.
        drift: the job's record of each day.
    """

    queries: CardQueries
    rows: pd.DataFrame
    drift: dict[str, dict[str, Any]]


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
    return Scored(queries, rows, {each["window_start"][:10]: each for each in records})


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
    found = score(scored.queries, tmp_path / "found")
    check_predictions(found["predictions"], scored.rows)
    check_classes(found["classes"], scored.rows[:CLASSES_OF])
    check_vectors(found["vectors"], scored.rows[list(scored.queries.columns)])
    check_evaluations(found["evaluations"], scored)
    check_drifts(found["drifts"], scored)
    check_explanations(found["explanations"], scored)


def check_predictions(found: list[list[Any]], want: pd.DataFrame) -> None:
    table = pd.DataFrame(found, columns=["id", "prediction", "version", "status"]).set_index("id").sort_index()
    assert len(table) == ROWS
    assert table.index.equals(want.index)
    assert set(table["status"]) == {"ok"}
    np.testing.assert_array_equal(table["version"], want["version"])
    np.testing.assert_array_equal(table["prediction"].astype(float), want["prediction"])


def check_classes(found: list[list[Any]], want: pd.DataFrame) -> None:
    """Compare the classes of each row with the job's scores, the likeliest first."""
    expected = [
        [number, str(label), float(scores[label]), place]
        for number, scores in want["scores"].items()
        for place, label in enumerate(np.argsort(-scores, kind="stable"), 1)
    ]
    assert sorted(found, key=lambda row: (row[0], row[3])) == expected


def check_vectors(found: list[list[Any]], want: pd.DataFrame) -> None:
    """Compare the features of each row with those that the job exports, in the digits that a model is given."""
    table = dict(found)
    assert sorted(table) == list(want.index)
    vectors = np.array([table[number] for number in want.index], float)
    np.testing.assert_array_equal(vectors, want.to_numpy(np.float32))


def check_evaluations(found: list[list[Any]], scored: Scored) -> None:
    """Compare the figures of each day with scikit-learn on the job's predictions, and the calibration with the job's."""
    assert sorted(row[0][:10] for row in found) == sorted(scored.drift)
    for day, *figures, count in found:
        rows = scored.rows[scored.rows["day"] == day[:10]]
        truth, said, told = rows["TX_FRAUD"], rows["prediction"], scored.drift[day[:10]]["quality"]
        want = [measure(truth, said) for measure in (roc_auc_score, average_precision_score, log_loss)]
        assert figures == pytest.approx([*want, told["calibration_error"]], rel=1e-9)
        assert count == len(rows) == told["outcomes"]


def check_drifts(found: list[list[Any]], scored: Scored) -> None:
    """Compare each column of each day with the job's record."""
    assert sorted(row[0][:10] for row in found) == sorted(scored.drift)
    for day, version, count, score, columns in found:
        record = scored.drift[day[:10]]
        assert [version, count, round(score, 6)] == [record["version"], record["rows"], record["score"]]
        plain = [list(each.values()) if isinstance(each, dict) else each for each in columns]
        told = {name: (psi, q, round(size, 6), verdict != "ok") for name, psi, _, q, size, verdict in plain}
        want = {each["name"]: tuple(each[key] for key in ("statistic", "q", "score", "is_drift"))
                for each in record["findings"]}  # fmt: skip
        assert told == want


def check_explanations(found: list[list[Any]], scored: Scored) -> None:
    """Compare sums with the job's predictions, and the linear model's contributions with what the model answers."""
    table = pd.DataFrame(found, columns=["id", "version", "feature", "contribution", "base", "prediction", "scale"])
    columns = list(scored.queries.columns)
    rows = scored.rows[:EXPLAINED]
    assert len(table) == 2 * EXPLAINED * len(columns)
    trees, linear = (table[table["version"] == each] for each in ("2.0.0", "1.0.0"))
    first = trees.groupby("id").first()
    np.testing.assert_allclose(first["prediction"], rows["prediction"], rtol=1e-6)
    assert set(trees["scale"]) == {"prediction"}
    np.testing.assert_allclose(first["base"] + trees.groupby("id")["contribution"].sum(), rows["prediction"], atol=1e-6)
    assert set(linear["scale"]) == {"log-odds"}
    added = linear.pivot(index="id", columns="feature", values="contribution")[columns].to_numpy()
    features = rows[columns].to_numpy(float)
    np.testing.assert_allclose(added - added[0], changes(features), atol=2e-3)


def changes(features: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return by how much the log-odds change with each feature of each row, in the first row in place of its own."""
    replaced = np.repeat(features[:1], features.size, axis=0)
    places = np.arange(features.size)
    replaced[places, places % features.shape[1]] = features.ravel()
    odds = linear_odds(np.concatenate([features[:1], replaced]))
    return (odds[1:] - odds[0]).reshape(features.shape)


def linear_odds(features: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    from onnxruntime import InferenceSession

    name, _, version = LINEAR.partition("$")
    session = InferenceSession(str(REGISTRY / name / version / "model.onnx"))
    probability = session.run(["probabilities"], {"X": features.astype(np.float32)})[0][:, 1].astype(float)
    return np.log(probability) - np.log1p(-probability)
