"""The label join on a mini-cluster gives each prediction one outcome, and each label one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.labels.label_job import joined_rows
from benchmarks.labels.label_join import COLUMNS, SETTINGS, Batch, write
from benchmarks.windows.window_stages import LABELS
from state.labels.settings import JoinTimes
from udfs.labels.keyed_labels import Side
from udfs.windows.parts import PartFormat, by_key


def batch(side: Side, ids: Sequence[int | None], at_ms: int, watermark: int) -> Batch:
    """Rows of one time, and the watermark that comes after them."""
    size, rows_format = len(ids), PartFormat(COLUMNS[side].columns)
    values = {
        "event_id": np.array(ids, object if None in ids else np.int64),
        COLUMNS[side].time: np.full(size, at_ms),
        "prediction": np.full(size, 0.5),
        "label": np.ones(size),
        **dict.fromkeys(("experiment", "variant"), np.full(size, "a", object)),
    }
    block = rows_format.block({name: values[name] for name, _ in COLUMNS[side].columns})
    parts = [(LABELS[shard], rows_format.encode(rows)) for shard, rows in by_key(block, "event_id", len(LABELS))]
    return Batch(side, parts, at_ms, watermark)


def test_early_missing_repeated_and_nameless_rows_leave_once_by_their_outputs(tmp_path: Path) -> None:
    batches = [
        batch("labels", range(10), 900, 500),
        batch("predictions", range(100), 1_000, 1_000),
        # Labels of all that wait but 40, further ones of the first five, and some whose prediction never comes.
        batch("labels", [*range(10, 60), *range(5), *range(1_000, 1_003)], 3_000, 2_000),
        batch("predictions", [0, 1, 2, None], 3_100, 3_000),
        batch("labels", [None, None], 3_200, 3_100),
        batch("predictions", range(200, 205), 12_500, 12_000),
    ]
    write(tmp_path, batches)
    settings = replace(SETTINGS, times=JoinTimes(10_000, 5_000, 60_000), negative=0.0)
    assert joined_rows(tmp_path, settings, parallelism=2) == {
        "matched": 60,
        "negative": 45,
        "unlabelled": 1,
        "repeated": 3,
        "duplicate": 5,
        "orphan": 5,
    }


def test_labels_of_about_the_time_at_which_predictions_expire_are_late_or_matched_and_never_both(
    tmp_path: Path,
) -> None:
    ids = range(50)
    batches = [batch("predictions", ids, 1_000, 1_000)]
    # Which of the two inputs is read first is Flink's choice.
    batches += [batch("labels", [key], 11_000 + 300 * key, 11_000 + 300 * key) for key in ids]
    write(tmp_path, batches)
    settings = replace(SETTINGS, times=JoinTimes(10_000, 5_000, 60_000))
    found = joined_rows(tmp_path, settings, parallelism=2)
    assert set(found) <= {"matched", "late", "unlabelled"}
    assert found.get("matched", 0) + found.get("unlabelled", 0) == len(ids)
    assert found.get("matched", 0) + found.get("late", 0) == len(ids)
