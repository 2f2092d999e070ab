"""Tables of models to test with."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.learned.linear import Link
from models.learned.shards.table import LearnedTable
from tests.models.learned.samples import linear

CLASSES = {"identity": (), "softmax": ("a", "b", "c")}


def table(link: Link = "logistic", *, is_text: bool = False, size: int = 5, **fields: Any) -> LearnedTable:
    """Return a table of random models of two shards."""
    rng = np.random.default_rng(7)
    classes = CLASSES.get(link, ("honest", "fraud"))
    outputs = 3 if link == "softmax" else 1

    def one(scale: tuple[float, float, float]) -> Any:
        own = {"weights": rng.normal(size=(3, outputs)), "bias": rng.normal(size=outputs), "scale": scale}
        return linear(link=link, classes=classes, clip=8.0, **own)

    known: dict[str, Any] = {
        "key": "merchant",
        "is_text": is_text,
        "other": one((40.0, 9.0, 2.0)),
        "shared": (one((50.0, 10.0, 0.0)), one((30.0, 8.0, 3.0))),
        "keys": tuple(f"m|{place}é" if is_text else str(10 * place - 20) for place in range(size)),
        "shards": rng.integers(0, 2, size),
        "deviations": rng.normal(size=(size, outputs, 4)).astype(np.float32),
    }
    return LearnedTable(**{**known, **fields})
