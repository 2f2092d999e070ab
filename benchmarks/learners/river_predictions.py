"""Predictions of River's scaler and logistic regression: of each row before they learn it.

``python -m benchmarks.learners.river_predictions SOURCE OUTPUT RATE``: the source is ``phishing`` or ``bananas``, which
River ships, or an .npz file with ``rows`` and ``targets``; the output is one, with ``predictions`` beside them.
"""

from __future__ import annotations

import sys
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.peers.result import print_result

if TYPE_CHECKING:
    from numpy.typing import NDArray


def main(source: str, output: str, rate: str) -> None:
    """Learn, and write the predictions."""
    from river import linear_model, optim, preprocessing

    rows, targets = read(source)
    logistic = linear_model.LogisticRegression(optim.SGD(float(rate)), intercept_lr=float(rate))
    model = preprocessing.StandardScaler() | logistic
    predictions = np.empty(len(rows))
    start = perf_counter()
    for i, (row, target) in enumerate(zip(rows.tolist(), targets.tolist(), strict=True)):
        named = dict(enumerate(row))
        predictions[i] = model.predict_proba_one(named)[True]
        model.learn_one(named, target == 1)
    seconds = perf_counter() - start
    np.savez(output, rows=rows, targets=targets, predictions=predictions)
    print_result(seconds, "river", "numpy")


def read(source: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return features, (n, k), and labels of 0 and 1, (n,)."""
    if source.endswith(".npz"):
        with np.load(source) as kept:
            return kept["rows"], kept["targets"]
    from river import datasets

    found = {"phishing": datasets.Phishing, "bananas": datasets.Bananas}[source]()
    pairs = [(list(row.values()), float(label)) for row, label in found]
    rows, targets = zip(*pairs, strict=True)
    return np.asarray(rows, np.float64), np.asarray(targets, np.float64)


if __name__ == "__main__":
    main(*sys.argv[1:])
