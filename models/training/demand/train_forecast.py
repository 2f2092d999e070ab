"""Train the model of the forecasting job, and write what `gress models register` takes.

python -m models.training.demand.train_forecast --features features.parquet --output shop-demand
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.training.demand.residual_trees import seasonal_forecast, train_residual_trees, write_residual_trees
from models.training.exported import read_export
from models.training.golden import golden_places, write_golden


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on all rows, and print the figures on them."""
    parser = argparse.ArgumentParser(prog="python -m models.training.demand.train_forecast", description=__doc__)
    parser.add_argument("--features", type=Path, required=True, help="Parquet of `gress features export`")
    parser.add_argument("--output", type=Path, required=True, help="new folder for the model and its golden rows")
    options = parser.parse_args(arguments)
    data = read_export(options.features, order=("time", "row"))
    truth, naive = (data.table[name].to_numpy() for name in ("demand_ahead", "naive"))
    shops = np.unique(data.table["shop"].to_numpy(), return_inverse=True)[1]
    model = train_residual_trees(data.features, truth, shops)
    options.output.mkdir(parents=True)
    path = options.output / "model.onnx"
    write_residual_trees(model, data.features.shape[1], path)
    forecast, interval = _answers(path, data.features)
    golden = golden_places(len(forecast))
    write_golden(options.output / "golden.parquet", data.columns, data.features[golden], forecast[golden])
    tested = np.isfinite(naive)
    sizes = {
        name: float(np.mean(np.abs(own[tested] - truth[tested])))
        for name, own in (
            ("seasonal naive", naive),
            ("seasonal series", seasonal_forecast(data.features)),
            ("model", forecast),
        )
    }
    figures = {f"MASE of {name}": size / sizes["seasonal naive"] for name, size in sizes.items()}
    is_within = (interval[:, 0] <= truth) & (truth <= interval[:, 1])
    figures["coverage"] = float(is_within[tested].mean())
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


def _answers(path: Path, features: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return forecasts ``(n,)`` and intervals ``(n, 2)`` of the file itself."""
    from models.runtimes import RUNTIMES
    from models.runtimes.options import RuntimeOptions

    runtime = RUNTIMES["onnx"].load(path, RuntimeOptions())
    outputs = runtime.predict({"features": features})
    runtime.close()
    return outputs["forecast"][:, 0].astype(np.float64), outputs["interval"].astype(np.float64)


if __name__ == "__main__":
    main()
