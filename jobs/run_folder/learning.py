"""Reader of the learning log in a run's folder: a line for each slot of event time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.errors import refuse
from jobs.run_folder.part_files import final_parts

FOLDER = "learning"
MEASURES = ("auc_roc", "log_loss", "rmse", "mae")
"""Scores, the most telling first; the first that a model has is shown."""


@dataclass(frozen=True)
class LearningSlot:
    """The state of a model that learns at the end of a slot of event time.

    Attributes:
        model: name of the model.
        ended_at: end of the slot in milliseconds since 1970.
        models: number of keys with a model of their own; None: one model learns from all rows.
        updates: rows learnt from since the start.
        rows: rows learnt from since the slot before.
        held_out: rows that were not learnt from since the start.
        skipped: rows that could not be learnt from since the start.
        scores: prequential scores of the model that learns, by name; those not known are left out.
        served: the same of the predictions that were served for the same rows.
        looks: looks of the guard since the start.
        rolled_back: looks since the start after which the guard took updates back.
        drifts: changes that a drift detector found since the start.
        version: version that was published; None: none was.
        problem: why none was published; empty: one was, or none was due.
        is_promoted: the version was promoted.
        kept_because: why it was not; empty: it was, or there is none.
    """

    model: str
    ended_at: int
    models: int | None
    updates: int
    rows: int
    held_out: int
    skipped: int
    scores: Mapping[str, float]
    served: Mapping[str, float]
    looks: int
    rolled_back: int
    drifts: int
    version: str | None
    problem: str
    is_promoted: bool
    kept_because: str


def read_learning(run: Path) -> dict[str, list[LearningSlot]]:
    """Return the slots of each model that learns, in the order of time; none where nothing learns.

    Of several lines about one slot, as after a push that failed, the last one counts.

    Raises:
        JobError: a line is not about a slot.
    """
    import orjson

    found: dict[str, dict[int, LearningSlot]] = {}
    for path in sorted(final_parts(run / FOLDER), key=_in_order):
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            try:
                slot = _slot(orjson.loads(line))
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                got = f"{line[:80]!r} ({error!r})"
                refuse(f"{path} line {number}", "a slot of a model that learns", got, "remove learning/ to go without")
            slots = found.setdefault(slot.model, {})
            before = slots.get(slot.ended_at)
            # A version that was published stays so, whatever the order of files that several attempts of a job wrote.
            if before is None or before.version is None or slot.version is not None:
                slots[slot.ended_at] = slot
    return {model: [slots[end] for end in sorted(slots)] for model, slots in sorted(found.items())}


def _slot(record: Mapping[str, Any]) -> LearningSlot:
    guard = record.get("guard") or {}
    models, version = record.get("models"), record.get("version")
    return LearningSlot(
        model=str(record["model"]),
        ended_at=int(record["ended_at"]),
        models=None if models is None else int(models),
        updates=int(record["updates"]),
        rows=int(record.get("rows", 0)),
        held_out=int(record.get("held_out", 0)),
        skipped=int(record.get("skipped", 0)),
        scores=_known(record["scores"]),
        served=_known(record["served"]),
        looks=int(guard.get("looks", 0)),
        rolled_back=int(guard.get("rolled_back", 0)),
        drifts=int(record.get("drifts", 0)),
        version=None if version is None else str(version),
        problem=str(record.get("problem") or ""),
        is_promoted=bool(record.get("promoted", False)),
        kept_because=str(record.get("kept_because") or ""),
    )


def _known(scores: Mapping[str, Any]) -> dict[str, float]:
    # JSON has no NaN, which is null there.
    return {name: float(score) for name, score in scores.items() if score is not None}


def _in_order(path: Path) -> list[str | int]:
    # Flink numbers the files of a task, without leading zeros.
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.name)]
