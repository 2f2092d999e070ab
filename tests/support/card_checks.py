"""Comparison of what queries find on card transactions with what the job gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from tests.support.card_queries import CLASSES_OF, EXPLAINED, CardQueries

Found = dict[str, list[list[Any]]]


@dataclass(frozen=True)
class Scored:
    """Rows that the job has scored.

    Attributes:
        registry: folder of the models.
        queries: statements on them.
        rows: the job's features and predictions by transaction.
        drift: the job's record of each day.
    """

    registry: Path
    queries: CardQueries
    rows: pd.DataFrame
    drift: dict[str, dict[str, Any]]


def check_found(found: Found, scored: Scored) -> None:
    """Compare the rows of each table."""
    check_predictions(found["predictions"], scored.rows)
    check_classes(found["classes"], scored.rows[:CLASSES_OF])
    check_vectors(found["vectors"], scored.rows[list(scored.queries.columns)])
    check_evaluations(found["evaluations"], scored)
    check_drifts(found["drifts"], scored)
    check_explanations(found["explanations"], scored)


def check_predictions(found: list[list[Any]], want: pd.DataFrame) -> None:
    table = pd.DataFrame(found, columns=["id", "prediction", "version", "status"]).set_index("id").sort_index()
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
    """Compare the figures of each day with scikit-learn on the job's predictions, the calibration with the job's."""
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
    np.testing.assert_allclose(added - added[0], changes(scored, features), atol=2e-3)


def changes(scored: Scored, features: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return by how much the log-odds change with each feature of each row, in the first row in place of its own."""
    replaced = np.repeat(features[:1], features.size, axis=0)
    places = np.arange(features.size)
    replaced[places, places % features.shape[1]] = features.ravel()
    odds = linear_odds(scored, np.concatenate([features[:1], replaced]))
    return (odds[1:] - odds[0]).reshape(features.shape)


def linear_odds(scored: Scored, features: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    from onnxruntime import InferenceSession

    name, _, version = scored.queries.linear.partition("$")
    session = InferenceSession(str(scored.registry / name / version / "model.onnx"))
    probability = session.run(["probabilities"], {"X": features.astype(np.float32)})[0][:, 1].astype(float)
    return np.log(probability) - np.log1p(-probability)
