"""Train the shipped model of the predictive-maintenance job, and measure a run of it.

python -m models.training.maintenance.train data --parts 120 --seed 1 --output parts.jsonl.gz
gress features export predictive-maintenance --input parts.jsonl.gz --output features.parquet
python -m models.training.maintenance.train model --features features.parquet --folder trained
python -m models.training.maintenance.train warning --run out

The last prints how early the alerts of a run come, and those of a threshold on vibration with as many alerts.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from models.training.event_file import write_events
from models.training.exported import read_export
from models.training.golden import golden_places, write_golden
from models.training.maintenance.early_warning import EarlyWarning, early_warning
from models.training.maintenance.part_readings import make_readings
from models.training.maintenance.wear_network import answers_of, train_wear_network, write_wear_network
from models.training.steps import Steps

_THRESHOLD = 0.5  # of the job


def write_model(features: Path, folder: Path) -> None:
    """Train on an export, and write model.onnx, the model.json with its outputs, and golden.parquet."""
    data = read_export(features, order=("time", "reading"))
    network = train_wear_network(data.features, *(data.table[name].to_numpy() for name in ("fails", "hours_left")))
    folder.mkdir(parents=True, exist_ok=True)
    write_wear_network(network, folder / "model.onnx")
    known = {"file": "model.onnx", "task": "regression", "threshold": _THRESHOLD}
    known |= {"roles": {"prediction": "failure_chance", "scores": ["hours_left"]}}
    (folder / "model.json").write_text(json.dumps(known) + "\n", encoding="utf-8")
    golden = data.features[golden_places(len(data.features))]
    write_golden(folder / "golden.parquet", data.columns, golden, answers_of(network, golden)[0])


def measure_warning(run: Path) -> dict[str, EarlyWarning]:
    """Return how early the alerts of a run come, and as many alerts of the parts with most vibration."""
    rows = [
        json.loads(line)
        for path in sorted((run / "predictions").iterdir())
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    part, left, chance, vibration = (
        np.array([row[name] for row in rows]) for name in ("key", "hours_left", "failure_chance", "vibration")
    )
    is_alert = chance > _THRESHOLD
    is_high = np.zeros(len(rows), bool)
    is_high[np.argsort(-vibration, kind="stable")[: is_alert.sum()]] = True
    return {
        "model": early_warning(part, left, is_alert),
        "vibration alone": early_warning(part, left, is_high),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the data or the model, or print the figures of a run, as the arguments say."""
    steps = Steps("models.training.maintenance.train", __doc__)
    data = steps.add_data("write readings of parts")
    data.add_argument("--parts", type=int, required=True, help="number of parts")
    steps.add_model()
    warning = steps.add("warning", "print how early the alerts of a run come")
    warning.add_argument("--run", type=Path, required=True, help="folder of the run")
    options = steps.parser.parse_args(arguments)
    if options.step == "data":
        write_events(make_readings(options.parts, options.seed), options.output)
    elif options.step == "model":
        write_model(options.features, options.folder)
    else:
        for name, found in measure_warning(options.run).items():
            sys.stdout.write(f"{name}: {json.dumps(asdict(found))}\n")


if __name__ == "__main__":
    main()
