"""River's logistic regression, a dictionary at a time: rows are learnt, and predicted before that where asked for.

``python -m benchmarks.learners.river_rows ROWS FEATURES [predict]``; dictionaries are made before the clock starts.
"""

from __future__ import annotations

import sys
from time import process_time

from benchmarks.learners.rows import labelled_rows
from benchmarks.peers.result import print_result


def main(rows: str, features: str, predict: str = "") -> None:
    """Learn, and print the CPU seconds."""
    from river import linear_model

    matrix, labels = labelled_rows(int(rows), int(features))
    names = [f"f{j}" for j in range(int(features))]
    given = [dict(zip(names, row, strict=True)) for row in matrix.tolist()]
    model = linear_model.LogisticRegression()
    start = process_time()
    for row, label in zip(given, labels.tolist(), strict=True):
        if predict:
            model.predict_proba_one(row)
        model.learn_one(row, label)
    print_result(process_time() - start, "river", "numpy")


if __name__ == "__main__":
    main(*sys.argv[1:])
