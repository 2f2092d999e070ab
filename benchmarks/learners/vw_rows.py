"""Vowpal Wabbit's logistic regression by plain stochastic gradient descent: every row is predicted, then learnt.

``python -m benchmarks.learners.vw_rows ROWS FEATURES api|file``: ``api`` gives Python's ``learn`` a text at a time, and
``file`` has the library's own loop read a file of these texts, as its command line does, parsing in a second thread.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from benchmarks.learners.rows import labelled_rows
from benchmarks.peers.result import print_result

OPTIONS = "--quiet --loss_function logistic --sgd --no_stdin"


def main(rows: str, features: str, way: str) -> None:
    """Learn, and print the CPU seconds."""
    matrix, labels = labelled_rows(int(rows), int(features))
    texts = [
        f"{1 if label else -1} | " + " ".join(f"f{j}:{value:.6f}" for j, value in enumerate(row))
        for row, label in zip(matrix.tolist(), labels.tolist(), strict=True)
    ]
    seconds = by_file(texts) if way == "file" else by_text(texts)
    print_result(seconds, "vowpalwabbit", "numpy")


def by_text(texts: list[str]) -> float:
    """Return the CPU seconds of learning text after text."""
    from vowpalwabbit import Workspace

    workspace = Workspace(OPTIONS)
    start = process_time()
    for text in texts:
        workspace.learn(text)
    return process_time() - start


def by_file(texts: list[str]) -> float:
    """Return the CPU seconds of learning a file."""
    from vowpalwabbit import Workspace

    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows.txt"
        path.write_text("\n".join(texts) + "\n", encoding="utf-8")
        start = process_time()
        Workspace(f"{OPTIONS.removesuffix(' --no_stdin')} -d {path}").finish()
        return process_time() - start


if __name__ == "__main__":
    main(*sys.argv[1:])
