"""Predictions of made-up experiments, as a job writes them, and the settings that judge them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import orjson

from conf.loading.loader import settings_from
from conf.settings import ExperimentSettings, JobSettings
from tests.support.experiments import xxh64

DAY_MS = 86_400_000
START_MS = 1_522_540_800_000  # 2018-04-01
METRICS: tuple[dict[str, Any], ...] = (
    {"of": "log_loss"},
    {"of": "errors", "role": "guardrail", "margin": 0.05},
    {"of": "field", "field": "amount", "per": "unit", "role": "signal"},
)
WEIGHTS = {"control": 70.0, "treatment": 30.0}


def settings_tree(
    metrics: tuple[dict[str, Any], ...] = METRICS,
    *,
    carried: tuple[str, ...] = ("amount",),
    weights: dict[str, float] = WEIGHTS,
    **experiment: Any,
) -> dict[str, Any]:
    """Settings of a job with an experiment that splits by the job's key, a card."""
    fields = {
        "id": {"type": "long"},
        "time": {"type": "timestamp"},
        "card": {"type": "string"},
        "terminal": {"type": "string"},
        "amount": {"type": "double"},
        "fraud": {"type": "long", "required": False},
    }
    variants = [
        {"name": name, "model_name": "m", "model_version": f"{place + 1}.0.0", "weight": weight}
        for place, (name, weight) in enumerate(weights.items())
    ]
    tested = {
        "name": "test",
        "strategy": "hash",
        "split_key": "card",
        "variants": variants,
        "verdict": {"interval": "1d", "metrics": list(metrics)},
        **experiment,
    }
    return {
        "ml": {"ab_testing": {"enabled": True, "experiments": [tested]}},
        "job": {
            "name": "job",
            "events": {"id": "id", "time": "time", "key": "card", "label": "fraud", "fields": fields},
            "features": {"name": "f", "specs": [{"name": "amount", "type": "numerical", "source": "amount"}]},
            "inference": {"model_name": "m"},
            "sink": {"fields": list(carried)},
        },
    }


def job_and_experiment(*given: Any, **more: Any) -> tuple[JobSettings, ExperimentSettings]:
    """The settings as the product reads them."""
    settings = settings_from(settings_tree(*given, **more), origin="test")
    assert settings.job is not None
    return settings.job, settings.ml.ab_testing.experiments[0]


def arm_of(card: str, weights: dict[str, float] = WEIGHTS) -> str:
    """The variant of a card of two, by an implementation of the hash that is not the product's."""
    is_treated = xxh64(f"test.{card}".encode()) < int(weights["treatment"] / 100 * 2**64)
    return "treatment" if is_treated else "control"


def rows(count: int = 600, days: int = 3, seed: int = 0) -> list[dict[str, Any]]:
    """Predictions of cards with several transactions, in the order of time; the treatment scores better."""
    rng = np.random.default_rng(seed)
    made = []
    for index in range(count):
        card = str(rng.integers(0, 80))
        variant = arm_of(card)
        fraud = float(rng.random() < 0.2)
        noise = 0.3 if variant == "treatment" else 0.6
        made.append(
            {
                "event_id": index,
                "event_time": _text(START_MS + index * days * DAY_MS // count),
                "key": card,
                "prediction": round(float(np.clip(fraud + rng.normal(0, noise), 0.01, 0.99)), 6),
                "experiment": "test",
                "variant": variant,
                "propensity": WEIGHTS[variant] / 100,
                "status": "ok",
                "truth": fraud if index % 5 else None,
                "amount": round(float(rng.exponential(20)), 2),
            }
        )
        if index % 29 == 0:
            made[-1] |= {"status": "fallback:1.0.0", "reason": "timeout"}
    return made


def write(path: Path, lines: list[dict[str, Any]]) -> Path:
    """Write rows as JSON Lines, without what is absent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    present = ({name: value for name, value in line.items() if value is not None} for line in lines)
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in present))
    return path


def _text(ms: int) -> str:
    return str(np.datetime64(ms, "ms")) + "Z"
