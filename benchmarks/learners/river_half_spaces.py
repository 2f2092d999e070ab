"""River's half-space trees on readings of machines, each scored before it is learnt, and written with two scores.

``python -m benchmarks.learners.river_half_spaces INPUT OUTPUT``: JSON Lines of
``models.training.anomalies.machine_readings`` in and out. ``river`` is the score of the pipeline in River's own
documentation, scaling to 0..1 and default trees. For ``river_by_machine`` each machine's readings are standardised by
themselves before that, by their running mean and deviation. River is no dependency: run this where it is installed,
`pip install river==0.26.1`.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

READINGS = ("temperature", "vibration", "pressure", "current")


def main(source: str, output: str) -> None:
    """Score the rows of a file."""
    from river import anomaly, preprocessing

    def pipeline() -> Any:
        return preprocessing.MinMaxScaler() | anomaly.HalfSpaceTrees(seed=42)

    of_all, of_standardised = pipeline(), pipeline()
    scalers: dict[str, Any] = defaultdict(preprocessing.StandardScaler)
    lines = []
    for line in Path(source).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        values = {name: row[name] for name in READINGS}
        scaler = scalers[row["machine"]]
        scaler.learn_one(values)
        for name, model, x in (
            ("river", of_all, values),
            ("river_by_machine", of_standardised, scaler.transform_one(values)),
        ):
            row[name] = round(float(model.score_one(x)), 4)
            model.learn_one(x)
        lines.append(json.dumps(row))
    Path(output).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
