"""Rows for training and scoring, and the comparison of a file's answers in gress."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.inspect import spec_from_file
from models.scoring.loaded import load_model
from models.scoring.outputs import Scores

COLUMNS = ("amount", "is_night", "risk", "count")
ROW_COUNTS = (0, 1, 2, 33, 500)


@dataclass(frozen=True)
class Sample:
    rows: np.ndarray
    targets: dict[str, np.ndarray]


def draw(n: int = 500, *, seed: int = 0, missing: float = 0.0) -> Sample:
    """Features of different ranges, one of them whole numbers, and targets that depend on them."""
    rng = np.random.default_rng(seed)
    normal = rng.normal(size=(n, 4))
    rows = np.column_stack([np.exp(normal[:, 0]) * 50, normal[:, 1] > 0, normal[:, 2], rng.poisson(3, n)])
    signal = normal[:, 0] + normal[:, 2] + 0.3 * rows[:, 3] + rng.normal(size=n)
    rows[rng.random(rows.shape) < missing] = np.nan
    targets = {
        "binary": (signal > 2).astype(int),  # one in four: the classes are not balanced
        "multiclass": np.digitize(signal, [0, 2]),
        "text": np.where(signal > 2, "fraud", "ok").astype(object),
        "regression": 100 + 10 * signal,
    }
    return Sample(rows.astype(np.float32), targets)


def score(path: Path, rows: np.ndarray, **fields: object) -> Scores:
    spec = spec_from_file(path, "model", "1", feature_columns=COLUMNS, **fields)
    model = load_model(spec, path)
    try:
        return model.predict_matrix(rows)
    finally:
        model.close()


def assert_scores_alike(path: Path, model: object, rows: np.ndarray) -> None:
    """Probabilities and labels, or values, of any number of rows are the framework's own."""
    for n in ROW_COUNTS:
        part = rows[:n]
        got = score(path, part)
        assert got.prediction.shape == (n,)
        if n == 0:
            continue
        if not hasattr(model, "predict_proba"):
            np.testing.assert_allclose(got.prediction, model.predict(part), rtol=1e-4)
            continue
        probabilities = model.predict_proba(part)
        np.testing.assert_allclose(got.scores, probabilities, atol=1e-5)
        two_best = np.sort(probabilities, axis=1)[:, -2:]
        is_clear = two_best[:, 1] - two_best[:, 0] > 1e-4  # a forest's votes can be equal
        assert got.label[is_clear].tolist() == model.predict(part)[is_clear].astype(str).tolist()
