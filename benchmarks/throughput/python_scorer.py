"""Speed of ``gress.Scorer`` in a program without Flink, beside a loop over ONNX Runtime that is written by hand.

Both score a pandas frame of 1,000 card transactions: columns of 15 windows, from which the features of the fraud job
are computed. The loop does the features in numpy, for this job alone, and checks nothing. Figures:

- ``ratio_handwritten``: time of the loop relative to ours with the trees of fraud-detector 2.0.0, median of many turns
  of one call each, so that other work on the machine meets both.
- ``ratio_handwritten_linear``: the same with version 1.0.0, a logistic regression, whose own time is next to nothing.
- ``first_score_s``: from before ``import gress`` to the scores of the frame, in a new process that has pandas already.

``python -m benchmarks python_scorer [ROWS TURNS]``.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import gress
from benchmarks.measure import load_average, print_figures

_REGISTRY, _MODEL, _JOB = "package:models", "fraud-detector", "fraud-detection"
_FIRST = """
import sys, time
import pandas as pd
frame = pd.read_csv(sys.argv[1], parse_dates=["TX_DATETIME"])
start = time.perf_counter()
import gress
with gress.Scorer.open("package:models", "fraud-detector", config="fraud-detection") as scorer:
    scorer.score(frame)
print(time.perf_counter() - start)
"""
_FIRST_TURNS = 5

Score = Callable[[pd.DataFrame], NDArray[np.floating]]


def main(rows: str = "1000", turns: str = "300") -> None:
    """Print the figures."""
    load = load_average()
    ratios = {}
    for version in ("2.0.0", "1.0.0"):
        with gress.Scorer.open(_REGISTRY, _MODEL, version, config=_JOB) as scorer:
            frame = made_frame(scorer.inputs, int(rows))
            ours, loop = _median_s(
                (
                    lambda table, scorer=scorer: scorer.score(table).prediction,
                    handwritten(version, scorer.features.columns),
                ),
                frame,
                int(turns),
            )
        print(f"{_MODEL} {version}: {ours * 1e3:.2f} ms, by hand {loop * 1e3:.2f} ms for {rows} rows")
        ratios[version] = loop / ours
    first = _first_score_s(frame)
    print(f"load average before {load}, after {load_average()}")
    print_figures(
        {
            "ratio_handwritten": round(ratios["2.0.0"], 3),
            "ratio_handwritten_linear": round(ratios["1.0.0"], 3),
            "first_score_s": round(first, 2),
        }
    )


def made_frame(columns: tuple[str, ...], rows: int) -> pd.DataFrame:
    """Return made-up transactions: a time a minute, all else numbers up to 100 with two digits."""
    rng = np.random.default_rng(7)
    frame = pd.DataFrame({name: rng.uniform(0, 100, rows).round(2) for name in columns})
    frame["TX_DATETIME"] = pd.date_range("2026-01-01", periods=rows, freq="min")
    return frame


def handwritten(version: str, columns: tuple[str, ...]) -> Score:
    """Return what one would write for the fraud job alone: features in numpy, one call of ONNX Runtime.

    Args:
        version: of the model.
        columns: names of the model's columns, in order.
    """
    import onnxruntime

    spec, path = gress.open_registry(_REGISTRY).resolve(_MODEL, version)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    windows = [name for name in columns if name.endswith("_WINDOW")]
    averages = [f"CUSTOMER_ID_AVG_AMOUNT_{days}DAY_WINDOW" for days in (1, 7, 30)]

    def score(frame: pd.DataFrame) -> NDArray[np.floating]:
        matrix = np.empty((len(frame), len(columns)), np.float32)
        amount = frame["TX_AMOUNT"].to_numpy()
        seconds = frame["TX_DATETIME"].to_numpy().astype("datetime64[s]").astype(np.int64)
        matrix[:, 0] = amount
        # The first day of 1970 was a Thursday.
        matrix[:, 1] = (seconds // 86_400 + 3) % 7 >= 5
        matrix[:, 2] = seconds // 3600 % 24 < 7
        for place, name in enumerate(windows, 3):
            matrix[:, place] = frame[name].to_numpy()
        for place, name in enumerate(averages, 3 + len(windows)):
            average = frame[name].to_numpy()
            matrix[:, place] = np.divide(amount, average, out=np.ones(len(frame)), where=average != 0)
        probabilities: NDArray[np.floating] = session.run(["probabilities"], {spec.inputs[0].name: matrix})[0][:, 1]
        return probabilities

    return score


def _median_s(scores: tuple[Score, Score], frame: pd.DataFrame, turns: int) -> tuple[float, float]:
    """Return the median seconds of a call of each, which must agree."""
    ours, loop = (score(frame) for score in scores)
    np.testing.assert_allclose(ours, loop, rtol=1e-5)
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(turns):
        for score, seconds in zip(scores, taken, strict=True):
            start = time.perf_counter()
            score(frame)
            seconds.append(time.perf_counter() - start)
    return statistics.median(taken[0]), statistics.median(taken[1])


def _first_score_s(frame: pd.DataFrame) -> float:
    with tempfile.TemporaryDirectory(prefix="gress-bench-") as name:
        path = Path(name) / "transactions.csv"
        frame.to_csv(path, index=False)
        command = [sys.executable, "-c", _FIRST, str(path)]
        run = subprocess.run
        found = [
            json.loads(run(command, capture_output=True, text=True, check=True).stdout) for _ in range(_FIRST_TURNS)
        ]
    return statistics.median(found)


if __name__ == "__main__":
    main(*sys.argv[1:])
