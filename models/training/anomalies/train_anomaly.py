"""Train the model of the anomaly-detection job, and write what `gress models register` takes.

python -m models.training.anomalies.train_anomaly --features features.parquet --output machine-anomaly
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.metrics import auc_roc, average_precision
from models.training.anomalies.autoencoder import PARTS, train_anomaly_model, write_anomaly_model
from models.training.exported import read_export
from models.training.golden import golden_places, write_golden


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on all rows, without their labels, and print each part's figures on them."""
    parser = argparse.ArgumentParser(prog="python -m models.training.anomalies.train_anomaly", description=__doc__)
    parser.add_argument("--features", type=Path, required=True, help="Parquet of `gress features export`")
    parser.add_argument("--output", type=Path, required=True, help="new folder for the model and its golden rows")
    options = parser.parse_args(arguments)
    data = read_export(options.features, order=("time", "reading"))
    model = train_anomaly_model(data.features)
    options.output.mkdir(parents=True)
    write_anomaly_model(model, options.output / "model.onnx")
    parts = model.parts(data.features.astype(np.float64))
    anomaly = parts.mean(axis=1)
    golden = np.argsort(anomaly, kind="stable")[golden_places(len(anomaly))]  # from the least odd row to the oddest
    write_golden(options.output / "golden.parquet", data.columns, data.features[golden], anomaly[golden])
    truth = data.table["is_odd"].to_numpy() > 0
    figures = {
        name: {"auc_roc": auc_roc(truth, score), "average_precision": average_precision(truth, score)}
        for name, score in {"anomaly": anomaly, **dict(zip(PARTS, parts.T, strict=True))}.items()
    }
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
