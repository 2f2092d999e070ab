"""Writes river.json: trees that River draws, rows, and River's scores of them.

River is no dependency: run this where it is installed, `pip install river==0.26.1`.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

NAMES = ("a", "b", "c")
SETTINGS = {"n_trees": 4, "height": 5, "window_size": 40, "seed": 7}


def rows() -> list[list[float]]:
    rng = random.Random(3)
    made = [[min(1.0, max(0.0, rng.gauss(centre, 0.08))) for centre in (0.3, 0.6, 0.5)] for _ in range(230)]
    for place in (55, 90, 91, 150, 200, 229):
        made[place] = [rng.random() for _ in NAMES]
    # With both corners first, values that are scaled by their range so far stay as they are.
    return [[0.0] * 3, [1.0] * 3, *([round(value, 4) for value in row] for row in made)]


def halvings(tree: Any) -> dict[str, list[float]]:
    """Return the inner nodes in the order of levels."""
    level, dimension, bound = [tree], [], []
    for _ in range(SETTINGS["height"]):
        dimension += [NAMES.index(node.feature) for node in level]
        bound += [node.threshold for node in level]
        level = [child for node in level for child in node.children]
    return {"dimension": dimension, "bound": bound}


def main() -> None:
    import river
    from river.anomaly import HalfSpaceTrees

    forest = HalfSpaceTrees(**SETTINGS)
    scores = []
    for row in rows():
        x = dict(zip(NAMES, row, strict=True))
        scores.append(forest.score_one(x))
        forest.learn_one(x)
    document = {
        "source": f"river {river.__version__}, river.anomaly.HalfSpaceTrees, each row scored and then learnt",
        "settings": SETTINGS,
        "trees": [halvings(tree) for tree in forest.trees],
        "rows": rows(),
        "scores": scores,
    }
    text = json.dumps(document, separators=(",", ":")).replace("],", "],\n")
    Path(__file__).with_name("river.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
