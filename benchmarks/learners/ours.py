"""Our logistic regression, in batches: every row is predicted, then learnt.

``python -m benchmarks.learners.ours ROWS FEATURES [BATCH [OPTIMIZER [ENGINE]]]``; it prints the CPU seconds of
learning and, apart from them, the seconds until the learner was ready to learn.
"""

from __future__ import annotations

import sys
from time import perf_counter, process_time
from typing import Any

import numpy as np

from benchmarks.learners.rows import labelled_rows
from benchmarks.measure import print_figures
from benchmarks.peers.result import versions
from state.learners.make_learner import make_learner
from state.learners.settings import LearnerSettings


def main(rows: str, features: str, batch: str = "32", optimizer: Any = "sgd", engine: Any = None) -> None:
    """Learn, and print the CPU seconds."""
    matrix, labels = labelled_rows(int(rows), int(features))
    size, weights = int(batch), np.ones(int(rows))
    parts = [slice(start, start + size) for start in range(0, int(rows), size)]
    start = perf_counter()
    learner = make_learner(LearnerSettings("logistic", optimizer), int(features), engine=engine)
    ready_s = perf_counter() - start
    start = process_time()
    for part in parts:
        learner.learn_many(matrix[part], labels[part], weights[part])
    seconds = process_time() - start
    packages = ("numpy",) if engine == "numpy" else ("numpy", "numba")
    print_figures({"seconds": seconds, "ready_s": round(ready_s, 3), "versions": versions(*packages)})


if __name__ == "__main__":
    main(*sys.argv[1:])
