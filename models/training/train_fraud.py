"""Train the shipped fraud models and publish them with their metrics in the test week.

python -m models.training.train_fraud --features features.parquet --registry models --before 2018-08-01
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.spec import ModelSpec
from models.training.dataset import Dataset, read_dataset
from models.training.evaluation import measure_test_week
from models.training.logistic import train_logistic
from models.training.network import train_network
from models.training.trees import train_trees

_DAY_MS = 86_400_000
_SCORED_ROWS = 1 << 16
Trainer = Callable[[NDArray[np.float32], NDArray[np.int64], tuple[str, ...], Path], None]


@dataclass(frozen=True)
class Recipe:
    """One shipped model: its place in the registry and the function that trains it."""

    name: str
    version: str
    file: str
    train: Trainer
    description: str


RECIPES = {
    "logistic": Recipe(
        "fraud-detector", "1.0.0", "model.onnx", train_logistic, "Logistic regression on standardised features"
    ),
    "trees": Recipe("fraud-detector", "2.0.0", "model.onnx", train_trees, "Gradient-boosted trees"),
    "network": Recipe("fraud-network", "1.0.0", "model.tflite", train_network, "Dense network, scaling inside"),
}


@dataclass(frozen=True)
class TrainingWindow:
    """The training rows: the ``days`` days before ``before``; a week later all their labels are known."""

    before: dt.date
    days: int = 84

    def rows(self, time_ms: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether each row lies in the window, (n,)."""
        end = (self.before - dt.date(1970, 1, 1)).days
        day = time_ms // _DAY_MS
        return np.asarray((day >= end - self.days) & (day < end))

    @property
    def test_start(self) -> dt.date:
        """First day of the test week."""
        return self.before + dt.timedelta(7)

    @property
    def text(self) -> str:
        """The first and last day of the window."""
        return f"{self.before - dt.timedelta(self.days)} to {self.before - dt.timedelta(1)}"


def publish_model(recipe: Recipe, data: Dataset, window: TrainingWindow, registry: Path) -> dict[str, float]:
    """Train a model, measure the file that will be served, publish it and return its metrics."""
    from models.inspect import spec_from_file
    from models.registry import local_registry

    trained = window.rows(data.time_ms)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / recipe.file
        recipe.train(data.features[trained], data.label[trained], data.columns, path)
        spec = spec_from_file(
            path,
            recipe.name,
            recipe.version,
            task="binary",
            classes=("0", "1"),  # TX_FRAUD, as the ONNX classifiers name them
            feature_set=data.feature_set,
            feature_set_hash=data.feature_set_hash,
            feature_columns=data.columns,
            created_at=dt.datetime.now(dt.timezone.utc).replace(microsecond=0),
            description=f"{recipe.description}; trained on {window.text}, measured on the week of {window.test_start}",
        )
        prediction = score(spec, path, data.features)
        week = measure_test_week(data.time_ms, data.customer, data.label, prediction, window.test_start)
        metrics = {**asdict(week), "training_rows": int(trained.sum())}
        local_registry(registry).publish(spec.model_copy(update={"metrics": metrics}), path)
    return metrics


def write_rows(data: Dataset, window: TrainingWindow, path: Path) -> None:
    """Write the features of the training rows as Parquet, a column each."""
    import pyarrow as pa
    from pyarrow import parquet

    rows = data.features[window.rows(data.time_ms)]
    parquet.write_table(pa.table(dict(zip(data.columns, rows.T, strict=True))), path)


def score(spec: ModelSpec, path: Path, features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the fraud probabilities of a model file, (n,), from the runtime that will serve it."""
    from models.runtimes import RUNTIMES
    from models.runtimes.options import RuntimeOptions
    from models.scoring.outputs import interpret

    runtime = RUNTIMES[spec.type].load(path, RuntimeOptions())
    parts = []
    for start in range(0, len(features), _SCORED_ROWS):
        rows = features[start : start + _SCORED_ROWS]
        outputs = runtime.predict({spec.inputs[0].name: rows})
        parts.append(interpret(outputs, spec, len(rows)).prediction)
    runtime.close()
    return np.concatenate(parts)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, publish and print a line for each model that the arguments name."""
    parser = argparse.ArgumentParser(prog="python -m models.training.train_fraud", description=__doc__)
    parser.add_argument("--features", type=Path, required=True, help="Parquet of `gress features export`")
    parser.add_argument("--registry", type=Path, required=True, help="folder that the versions are added to")
    parser.add_argument("--before", type=dt.date.fromisoformat, required=True, help="first day not trained on")
    parser.add_argument("--days", type=int, default=84, help="days trained on (default: %(default)s)")
    parser.add_argument("--rows", type=Path, help="where to write the features of the rows trained on, for baselines")
    parser.add_argument("--models", nargs="+", choices=RECIPES, default=list(RECIPES), help="which (default: all)")
    options = parser.parse_args(arguments)
    data = read_dataset(options.features)
    window = TrainingWindow(options.before, options.days)
    if options.rows is not None:
        write_rows(data, window, options.rows)
    for kind in options.models:
        recipe = RECIPES[kind]
        metrics = publish_model(recipe, data, window, options.registry)
        figures = ", ".join(f"{name} {value:.6g}" for name, value in metrics.items())
        sys.stdout.write(f"{recipe.name} {recipe.version}: {figures}\n")


if __name__ == "__main__":
    main()
