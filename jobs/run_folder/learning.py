"""Reader of what a model that learns wrote into a run's folder: a line for each slot of event time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.errors import refuse
from jobs.run_folder.part_files import final_parts
from udfs.metrics.pooled import pooled_scores

FOLDER = "learning"
MEASURES = ("auc_roc", "log_loss", "rmse", "mae")
"""Scores in the order of what says most about a model; the first that there is stands for all."""


@dataclass(frozen=True)
class LearningSlot:
    """The state of a model that learns, or of the models of one shard, at the end of a slot of event time.

    Attributes:
        model: name of the model.
        slot: number of the slot.
        ended_at: end of the slot in milliseconds since 1970.
        shard: shard of the keys whose models learnt; None: one model learns from all rows.
        models: number of keys with a model; None: one model learns from all rows.
        updates: rows learnt from since the start.
        rows: rows since the slot before.
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
    slot: int
    ended_at: int
    shard: int | None
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
    """Return the slots of each model that learns, in the order of time and then of shards; none where nothing learns.

    Of several lines about one slot, as after a push that failed, the last one counts.

    Raises:
        JobError: a line is not about a slot.
    """
    import orjson

    found: dict[str, dict[tuple[int, int], LearningSlot]] = {}
    for path in sorted(final_parts(run / FOLDER), key=_in_order):
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            try:
                slot = _slot(orjson.loads(line))
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                got = f"{line[:80]!r} ({error!r})"
                refuse(f"{path} line {number}", "a slot of a model that learns", got, "remove learning/ to go without")
            place = (slot.slot, -1 if slot.shard is None else slot.shard)
            before = found.setdefault(slot.model, {}).get(place)
            # Files of several attempts of a job have names in no order; what was learnt only grows.
            if before is None or slot.updates >= before.updates:
                found[slot.model][place] = slot
    return {model: [slots[place] for place in sorted(slots)] for model, slots in sorted(found.items())}


def last_slots(slots: Sequence[LearningSlot]) -> list[LearningSlot]:
    """Return the last slot of each shard, or of the one model, in the order of shards."""
    last = {slot.shard: slot for slot in slots}
    return [last[shard] for shard in sorted(last, key=lambda shard: -1 if shard is None else shard)]


def scores_of(slots: Sequence[LearningSlot]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the scores of the learner and of what was served, pooled over shards."""
    learner = pooled_scores((slot.rows, slot.scores) for slot in slots)
    return learner, pooled_scores((slot.rows, slot.served) for slot in slots)


def _slot(record: Mapping[str, Any]) -> LearningSlot:
    guard = record.get("guard") or {}
    version = record.get("version")
    return LearningSlot(
        model=str(record["model"]),
        slot=int(record["slot"]),
        ended_at=int(record["ended_at"]),
        shard=_whole(record.get("shard")),
        models=_whole(record.get("models")),
        updates=int(record["updates"]),
        rows=int(record["rows"]),
        held_out=int(record["held_out"]),
        skipped=int(record["skipped"]),
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


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _known(scores: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(score) for name, score in scores.items() if score is not None}


def _in_order(path: Path) -> list[str | int]:
    # Flink numbers the files of a task, without leading zeros.
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.name)]
