"""Lines of models that learn, as a job writes them, whose numbers are made up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

HOUR_MS = 3_600_000
START_MS = 1_522_540_800_000  # 2018-04-01 00:00 UTC
Line = dict[str, Any]


def line(index: int, **changed: Any) -> Line:
    """The line of an hour of a classifier that gets better than what is served; a value of None leaves a member out."""
    made = {
        "job": "online-learning",
        "model": "fraud-online",
        "slot": 1000 + index,
        "ended_at": START_MS + (index + 1) * HOUR_MS,
        "updates": 800 * (index + 1),
        "rows": 800,
        "held_out": 200 * (index + 1),
        "skipped": 3,
        "scores": {"log_loss": 0.5 - 0.01 * index, "auc_roc": 0.75 + 0.001 * index, "auc_roc_error": 0.004},
        "served": {"log_loss": 0.45, "auc_roc": 0.76, "auc_roc_error": 0.005},
        "guard": {"looks": 10 * (index + 1), "rolled_back": 0, "loss": 0.4},
        "drifts": 0,
        "rate": 0.05,
        "version": f"1.0.{index}",
        "promoted": True,
    } | changed
    return {name: value for name, value in made.items() if value is not None}


def regression_line(index: int, **changed: Any) -> Line:
    """The line of an hour of a regression."""
    scores = {"mse": 4.0, "rmse": 2.0, "mae": 1.5 + index}
    return line(index, scores=scores, served={"mse": 9.0, "rmse": 3.0, "mae": 2.5}, **changed)


def keys_line(index: int, **changed: Any) -> Line:
    """The line of an hour in which the keys have models of their own, without a version."""
    return line(index, **{"version": None, "promoted": None, "guard": None, "models": 50 + index} | changed)


def write_learning(run: Path, *files: list[Line]) -> Path:
    """Write part files in the folder of a run, and one that is not finished."""
    folder = run / "learning"
    folder.mkdir(parents=True)
    for number, lines in enumerate(files):
        (folder / f"part-0-{number}").write_bytes(b"".join(orjson.dumps(each) + b"\n" for each in lines))
    (folder / ".part-0-99.inprogress").write_bytes(b'{"model":')
    return run
