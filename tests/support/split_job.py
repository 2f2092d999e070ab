"""Settings of a job without windows, whose rows an experiment splits between two versions of its model."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.job_settings import FIELDS, SPECS


def write_split_job(folder: Path, registry: Path, weights: tuple[int, int]) -> Path:
    """Write the settings and return their file; the model is `m`, and its variants `old` 1.0.0 and `new` 2.0.0.

    Args:
        folder: folder of the file.
        registry: folder of the registry.
        weights: percentages of the variants.
    """
    variants = [
        {"name": name, "model_name": "m", "model_version": version, "weight": weight}
        for name, version, weight in zip(("old", "new"), ("1.0.0", "2.0.0"), weights, strict=True)
    ]
    tested = {"name": "test", "strategy": "hash", "split_key": "card", "variants": variants}
    settings = {
        "ml": {
            "model_registry": {"type": "local", "base_path": str(registry)},
            "ab_testing": {"enabled": True, "experiments": [tested]},
            "metrics": {"port": 0},
            # A busy machine may need longer than the default.
            "inference": {"max_latency": "30s"},
        },
        "job": {
            "name": "j",
            "events": {"id": "id", "key": "card", "time": "at", "fields": FIELDS},
            "features": {"name": "f", "specs": list(SPECS)},
            "inference": {"model_name": "m"},
        },
    }
    path = folder / "job.yaml"
    path.write_text(json.dumps(settings), encoding="utf-8")
    return path
