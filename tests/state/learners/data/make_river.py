"""Writes river.json: a small stream, and what River's linear models predict of each row before they learn it.

River is no dependency: run this where it is installed, `pip install river==0.23.0 "numpy<2.2" typing_extensions`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RATE = 0.05


def stream() -> tuple[list[list[float]], dict[str, list[float]]]:
    import numpy as np

    rng = np.random.default_rng(11)
    rows = rng.normal(size=(80, 4)).round(3)
    margins = rows @ rng.normal(size=(4, 3)) + rng.normal(size=(80, 3))
    return rows.tolist(), {
        "binary": (margins[:, 0] > 0).astype(int).tolist(),
        "classes": margins.argmax(axis=1).tolist(),
        "numbers": margins[:, 0].round(3).tolist(),
    }


def models() -> dict[str, tuple[str, Any, bool]]:
    """Kind of target, model, and whether its intercept is the weight of a feature that is 1."""
    from river import linear_model, optim

    found = {
        "logistic": ("binary", linear_model.LogisticRegression(optim.SGD(RATE), intercept_lr=RATE), False),
        # The gradient of River's square is twice that of half a square.
        "linear": ("numbers", linear_model.LinearRegression(optim.SGD(RATE / 2), intercept_lr=RATE / 2), False),
        "softmax": ("classes", linear_model.SoftmaxRegression(optim.SGD(RATE)), True),
    }
    for mode, name in ((1, "PA-I"), (2, "PA-II")):
        options = {"C": 0.3, "mode": mode, "learn_intercept": False}
        found[name] = ("binary", linear_model.PAClassifier(**options), True)
    # Not its regressor, which takes 2y − 1 for the target.
    softmax = found["softmax"][1]
    for c in range(3):
        softmax.weights[c]  # else it leaves a class out till its first row
    return found


def predict(model: Any, kind: str, features: dict[str, float]) -> float | list[float]:
    if kind == "numbers":
        return float(model.predict_one(features))
    shares = model.predict_proba_one(features)
    return [shares.get(c, 0.0) for c in range(3)] if kind == "classes" else float(shares[True])


def main() -> None:
    rows, targets = stream()
    found = {}
    for name, (kind, model, has_ones) in models().items():
        predictions = []
        for row, target in zip(rows, targets[kind], strict=True):
            features = {str(j): value for j, value in enumerate([*row, 1.0] if has_ones else row)}
            predictions.append(predict(model, kind, features))
            model.learn_one(features, bool(target) if kind == "binary" else target)
        found[name] = {"targets": kind, "predictions": predictions}
    document = {"source": "river 0.23.0", "rows": rows, "targets": targets, "models": found}
    (Path(__file__).parent / "river.json").write_text(json.dumps(document, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
