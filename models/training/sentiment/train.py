"""Train the shipped models of the sentiment job: a linear one, and the same with weights of 8 bits.

python -m models.training.sentiment.train data --sdist vaderSentiment-3.3.2.tar.gz --train train.gz --test test.gz
python -m models.training.sentiment.train models --features features.parquet --folder trained

features.parquet holds the job's features of the sentences to train on, and `positive`. The files are registered with
`gress models register`, which takes golden.parquet for golden rows.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.recipes.keras import to_tflite
from models.recipes.scikit_learn import to_onnx
from models.training.event_file import write_events
from models.training.exported import read_export
from models.training.golden import write_golden
from models.training.sentiment.reviews import read_reviews, vader_score

# Strong: most of the 2,048 buckets hold n-grams that say nothing.
_INVERSE_PENALTY = 0.01
_GOLDEN_ROWS = 3
_CHECKED_ROWS = 500


def write_data(sdist: Path, train: Path, test: Path) -> None:
    """Write the sentences to train on, and those to test with, as events of the job."""
    reviews = list(read_reviews(sdist, vader_score))
    write_events((asdict(review) for review in reviews if not review.is_test), train)
    write_events((asdict(review) for review in reviews if review.is_test), test)


def write_models(features: Path, folder: Path) -> None:
    """Train on a file of the job's features, and write model.onnx, model.tflite and golden.parquet."""
    from sklearn.linear_model import LogisticRegression

    data = read_export(features)
    rows = data.features
    model = LogisticRegression(C=_INVERSE_PENALTY, max_iter=1_000).fit(rows, data.table["positive"].to_numpy())
    folder.mkdir(parents=True, exist_ok=True)
    to_onnx(model, data.columns, folder / "model.onnx", check=rows[:_CHECKED_ROWS])
    weights, bias = model.coef_[0].astype(np.float32), model.intercept_.astype(np.float32)
    _to_small_file(weights, bias, rows[:_CHECKED_ROWS], folder / "model.tflite")
    write_golden(folder / "golden.parquet", data.columns, rows[:_GOLDEN_ROWS])


def _to_small_file(
    weights: NDArray[np.float32], bias: NDArray[np.float32], check: NDArray[np.float32], path: Path
) -> None:
    """Write the linear model as TFLite with weights of 8 bits."""
    import tensorflow as tf

    network = tf.keras.Sequential([tf.keras.Input((len(weights),)), tf.keras.layers.Dense(1, activation="sigmoid")])
    network.set_weights([weights[:, np.newaxis], bias])
    to_tflite(network, path, quantize="dynamic", check=check)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the data or the models, as the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m models.training.sentiment.train", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    data = steps.add_parser("data", help="write the sentences as events")
    data.add_argument("--sdist", type=Path, required=True, help="vaderSentiment-3.3.2.tar.gz of PyPI")
    data.add_argument("--train", type=Path, required=True, help="file for the sentences to train on, .jsonl.gz")
    data.add_argument("--test", type=Path, required=True, help="file for the others, .jsonl.gz")
    models = steps.add_parser("models", help="train and write the models")
    models.add_argument("--features", type=Path, required=True, help="Parquet of features and `positive`")
    models.add_argument("--folder", type=Path, required=True, help="folder for the files")
    options = parser.parse_args(arguments)
    if options.step == "data":
        write_data(options.sdist, options.train, options.test)
    else:
        write_models(options.features, options.folder)


if __name__ == "__main__":
    main()
