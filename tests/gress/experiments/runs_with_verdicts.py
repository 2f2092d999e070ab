"""Folders of runs with experiments, as jobs leave them, whose numbers are made up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from tests.gress.experiments.logged import DAY_MS, START_MS

Row = dict[str, Any]
METRICS = {
    "log_loss": {"role": "goal", "better": "lower", "margin": 0.0},
    "revenue": {"role": "guardrail", "better": "higher", "margin": 0.25},
    "errors": {"role": "signal", "better": "lower", "margin": 0.01},
}


def record(day: int, variant: str = "treatment", **changed: Any) -> Row:
    """The record of a look at the end of a day, of a difference that grows surer by the day."""
    units = 40 * (day + 1)
    numbers: Row = {"units.treatment": units, "units.control": 4 * units, "units.in_both": 0.0}
    numbers |= {"sample_ratio.p": 0.9 / (day + 1), "step.share": 0.2}
    for place, name in enumerate(METRICS):
        wide = 0.5 / math.sqrt(day + 1) / (place + 1)
        numbers |= {
            f"{name}.difference": -0.125 + 0.001 * day,
            f"{name}.se": wide / 4,
            f"{name}.clock": 100.0 * (day + 1),
            f"{name}.gain_lower": 0.1 - wide,
            f"{name}.gain_upper": 0.15 + wide,
            f"{name}.gain_p": 0.5,
            f"{name}.harm_p": 1.0,
            f"{name}.safety_p": 0.5,
        }
    return {
        "experiment": "checkout",
        "variant": variant,
        "control": "control",
        "looked_at": START_MS + (day + 1) * DAY_MS,
        "step": 0,
        "action": "continue",
        "reasons": [f"goal log_loss is open on day {day}"],
        "numbers": numbers,
        "is_paired": False,
        "arms": {
            variant: {"units": units, "log_loss": 0.4375, "revenue": 10.5, "errors": 0.0},
            "control": {"units": 4 * units, "log_loss": 0.5625, "revenue": 10.625, "errors": 0.002},
        },
        "rules": {
            "metrics": {name: {**each, "alpha": 0.05, "planned": 5000} for name, each in METRICS.items()},
            "sample_ratio_p": 0.001,
            "shares": {"control": 0.8, variant: 0.2},
        },
    } | changed


def comparisons(count: int, **changed: Any) -> list[Row]:
    """Rows that control and treatment answered in turn, and the other one scored beside."""
    rng = np.random.default_rng(5)
    made = []
    for index in range(count):
        delta = round(float(rng.normal(0, 0.1)), 6)
        pair = ("control", "treatment") if index % 2 else ("treatment", "control")
        row = {
            "event_id": index,
            "event_time": str(np.datetime64(START_MS + index * 3_600_000, "ms")) + "Z",
            "key": str(index % 7),
            "experiment": "checkout",
            "variant": pair[0],
            "prediction": 0.5,
            "shadow": pair[1],
            "shadow_prediction": 0.5 + delta,
            "is_match": index % 10 > 0,
            "score_delta": delta,
            "rank_delta": 2 * delta,
        }
        made.append({name: value for name, value in (row | changed).items() if value is not None})
    return made


def answers(count: int, experiment: str = "checkout") -> list[Row]:
    """Predictions, of which the treatment answered one of five."""
    return [
        {
            "event_id": index,
            "event_time": str(np.datetime64(START_MS + index * 3_600_000, "ms")) + "Z",
            "key": str(index % 7),
            "prediction": 0.5,
            "experiment": experiment,
            "variant": "treatment" if index % 5 == 0 else "control",
            "propensity": 0.2 if index % 5 == 0 else 0.8,
        }
        for index in range(count)
    ]


def write_rows(run: Path, **folders: Sequence[Row]) -> Path:
    """Write two part files in each folder of a run, and one that is not finished."""
    for name, lines in folders.items():
        (run / name).mkdir(parents=True)
        texts = [orjson.dumps(line) + b"\n" for line in lines]
        for part, content in enumerate((texts[::2], texts[1::2])):
            (run / name / f"part-{part}-0").write_bytes(b"".join(content))
        (run / name / ".part-2-0.inprogress").write_bytes(b'{"experiment":')
    return run


def write_full_run(run: Path, days: int = 30) -> Path:
    """A run with something in every part of the page."""
    looks = [record(day, action="hold" if day % 7 == 3 else "continue") for day in range(days - 1)]
    looks.append(record(days - 1, action="promote", reasons=["goal log_loss is better by 0.1"]))
    return write_rows(run, verdicts=looks, comparisons=comparisons(600), predictions=answers(900))
