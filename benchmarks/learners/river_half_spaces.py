"""River's half-space trees on events: each is scored before it is learnt, and written with its score.

``python -m benchmarks.learners.river_half_spaces INPUT OUTPUT FIELD FEATURES...``: JSON Lines in and out, the score in
a field of that name; the pipeline is that of River's own documentation, a running scaling to 0..1 and default trees.
River is no dependency: run this where it is installed, `pip install river==0.26.1`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(source: str, output: str, field: str, *features: str) -> None:
    """Score the events of a file."""
    from river import anomaly, preprocessing

    model = preprocessing.MinMaxScaler() | anomaly.HalfSpaceTrees(seed=42)
    lines = []
    for line in Path(source).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        x = {name: row[name] for name in features}
        row[field] = round(float(model.score_one(x)), 6)
        model.learn_one(x)
        lines.append(json.dumps(row))
    Path(output).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
