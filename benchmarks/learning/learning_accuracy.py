"""Quality of a logistic regression that learns a stream, beside River's and scikit-learn's in the same run.

Each predicts every row before it learns it, by stochastic gradient descent with the same rate, on features that a
running mean and deviation scale. River scales a row that it predicts by the rows before it alone.

- ``auc`` and ``log_loss``: of all predictions, by data set and program.
- ``auc_gap`` and ``log_loss_gap``: how much worse ours is than the best of the others, the worst over the data sets;
  negative is better.

``python -m benchmarks learning_accuracy [CARD_FRAUD_FOLDER [ROWS [RATE]]]``: Phishing and Bananas come with River, and
the folder has ``transactions.parquet`` of the card-fraud handbook, of which the first rows are taken.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.learning.learning import RIVER
from benchmarks.measure import print_figures, run_module
from benchmarks.peers.environments import python_of
from state.learners.make_learner import make_learner
from state.learners.settings import LearnerSettings

if TYPE_CHECKING:
    from numpy.typing import NDArray


def main(card_fraud: str = "", rows: str = "100000", rate: str = "0.01") -> None:
    """Print the figures of every data set."""
    auc, log_loss = {}, {}
    with TemporaryDirectory() as folder:
        sources = {"phishing": "phishing", "bananas": "bananas"}
        if card_fraud:
            sources["card fraud"] = write_card_fraud(Path(card_fraud), Path(folder), int(rows))
        for name, source in sources.items():
            found = predictions_of(source, f"{folder}/river.npz", float(rate))
            auc[name], log_loss[name] = quality(found)
            print(f"{name}: AUC {auc[name]}, log loss {log_loss[name]}")
    gaps = {
        "auc_gap": max(max(_others(each)) - each["ours"] for each in auc.values()),
        "log_loss_gap": max(each["ours"] - min(_others(each)) for each in log_loss.values()),
    }
    rounded = {name: round(gap, 5) for name, gap in gaps.items()}
    print_figures({**rounded, "auc": auc, "log_loss": log_loss})


def write_card_fraud(folder: Path, target: Path, rows: int) -> str:
    """Write the first transactions as rows, with amount and time as features, and return the file's path."""
    import pandas as pd

    found = pd.read_parquet(folder / "transactions.parquet").sort_values("TX_DATETIME", kind="stable").head(rows)
    hours = found.TX_DATETIME.dt.hour.to_numpy()
    amounts = found.TX_AMOUNT.to_numpy()
    days = found.TX_DATETIME.dt.dayofweek.to_numpy()
    columns = [amounts, np.log1p(amounts), amounts > 220, days >= 5, hours <= 6, np.sin(hours * np.pi / 12)]
    path = target / "card_fraud.npz"
    np.savez(path, rows=np.column_stack(columns).astype(np.float64), targets=found.TX_FRAUD.to_numpy(np.float64))
    return str(path)


def predictions_of(source: str, output: str, rate: float) -> dict[str, NDArray[np.float64]]:
    """Return the predictions of each program, and the targets."""
    python = str(python_of("river", RIVER))
    run_module("benchmarks.learners.river_predictions", source, output, str(rate), rows=0, python=python)
    with np.load(output) as kept:
        rows, targets, river = kept["rows"], kept["targets"], kept["predictions"]
    scaled = scale(rows)
    learner = make_learner(LearnerSettings("logistic", rate=rate), rows.shape[1])
    ours = learner.learn_many(scaled, targets, np.ones(len(rows)))
    return {"targets": targets, "ours": ours, "river": river, "scikit-learn": by_scikit_learn(scaled, targets, rate)}


def scale(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rows in deviations from the mean, both of the rows so far and this one.

    >>> scale(np.array([[1.0], [3.0], [2.0]])).round(3).tolist()
    [[0.0], [1.0], [0.0]]
    """
    counts = np.arange(1, len(rows) + 1)[:, None]
    means = np.cumsum(rows, axis=0) / counts
    # Around a middle that is fixed, so that large means do not eat the digits of small deviations.
    shifted = rows - rows.mean(axis=0)
    squares = np.cumsum(shifted**2, axis=0) / counts - (np.cumsum(shifted, axis=0) / counts) ** 2
    deviations = np.sqrt(np.maximum(squares, 0.0))
    return np.divide(rows - means, deviations, out=np.zeros_like(rows), where=deviations > 1e-9)


def by_scikit_learn(rows: NDArray[np.float64], targets: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
    """Return what scikit-learn predicts of each row before it learns it."""
    from sklearn.linear_model import SGDClassifier

    model = SGDClassifier(loss="log_loss", penalty=None, learning_rate="constant", eta0=rate, shuffle=False)
    margins = np.zeros(len(rows))
    for i, row in enumerate(rows):
        if i:
            margins[i] = row @ model.coef_[0] + model.intercept_[0]
        model.partial_fit(row[None], targets[i : i + 1], classes=[0.0, 1.0])
    return 1 / (1 + np.exp(-margins))


def quality(found: dict[str, NDArray[np.float64]]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the area under the curve and the log loss of each program."""
    from sklearn.metrics import log_loss, roc_auc_score

    programs = [name for name in found if name != "targets"]
    areas = {name: round(float(roc_auc_score(found["targets"], found[name])), 5) for name in programs}
    return areas, {name: round(float(log_loss(found["targets"], found[name])), 5) for name in programs}


def _others(each: dict[str, float]) -> list[float]:
    return [value for name, value in each.items() if name != "ours"]


if __name__ == "__main__":
    main(*sys.argv[1:])
