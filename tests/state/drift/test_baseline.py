from __future__ import annotations

import json

import numpy as np
import pytest

from state.drift.baseline import make_baseline
from state.drift.histograms import Histograms


def training(rows: int = 1000, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.normal(size=rows), rng.integers(0, 4, rows), np.full(rows, 3.0), np.full(rows, np.nan)])


NAMES = ["amount", "merchant", "constant", "absent"]


def test_same_data_gives_the_same_document() -> None:
    one, two = (make_baseline(training(), NAMES, categorical=["merchant"]).to_json() for _ in range(2))
    assert json.dumps(one) == json.dumps(two)


def test_document_round_trips_through_json() -> None:
    baseline = make_baseline(training(), NAMES, scores=np.linspace(0, 1, 1000), categorical=["merchant"])
    document = json.dumps(baseline.to_json(), allow_nan=False)
    again = Histograms.from_json(json.loads(document))
    assert again.layout == baseline.layout
    assert again.snapshot() == baseline.snapshot()
    assert json.dumps(again.to_json()) == document


def test_20_features_make_a_compact_document() -> None:
    matrix = np.random.default_rng(0).normal(size=(5000, 20))
    document = json.dumps(make_baseline(matrix, [f"f{i}" for i in range(20)]).to_json())
    assert len(document) < 12_000


def test_kinds_roles_and_missing_values() -> None:
    baseline = make_baseline(training(), NAMES, scores=np.zeros(1000), categorical=["merchant"])
    described = {entry["name"]: entry for entry in baseline.to_json()["columns"]}
    assert [entry["role"] for entry in described.values()] == ["feature"] * 4 + ["score"]
    assert described["merchant"]["kind"] == "categorical"
    assert sum(described["amount"]["counts"]) == 1000
    assert described["constant"]["counts"] == [0, 1000, 0]
    assert (described["absent"]["edges"], described["absent"]["missing"]) == ([], 1000)


def test_double_training_data_meets_single_live_data_in_the_same_cells() -> None:
    values = np.random.default_rng(1).choice([0.1, 0.2, 0.3], size=(500, 1))
    baseline = make_baseline(values, ["x"])
    window = baseline.empty()
    window.update(values.astype(np.float32))
    assert window.snapshot() == baseline.snapshot()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"matrix": np.ones(3)}, r"matrix: expected \(n >= 1, 4\), got \(3,\)"),
        ({"matrix": np.ones((0, 4))}, r"matrix: expected \(n >= 1, 4\), got \(0, 4\)"),
        ({"names": ["a"]}, r"matrix: expected \(n >= 1, 1\), got \(1000, 4\)"),
        ({"names": ["a", "a", "b", "c"]}, "distinct names, got"),
        ({"categorical": ["merchnt"]}, "got 'merchnt'; the columns are amount, merchant, constant, absent"),
        ({"scores": np.ones(7)}, r"scores: expected \(1000, 1\), got \(7, 1\)"),
        ({"bins": 1}, "expected bins >= 2 and categories >= 1, got 1 and 64"),
    ],
    ids=["vector", "no rows", "too few names", "one name twice", "unknown category", "score rows", "one bin"],
)
def test_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_baseline(**{"matrix": training(), "names": NAMES, **arguments})  # type: ignore[arg-type]
