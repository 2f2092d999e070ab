"""Predictions and labels of small joins as parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from state.labels.settings import JoinTimes
from udfs.labels.keyed_labels import Side
from udfs.labels.settings import Default, JoinSide, LabelSettings
from udfs.windows.parts import PartFormat

Rows = Sequence[tuple[Any, ...]]


def settings(times: JoinTimes, id_kind: str = "BIGINT", negative: Default | None = None) -> LabelSettings:
    """A join whose predictions have columns of all types."""
    predictions = (("id", id_kind), ("score", "DOUBLE"), ("at", "BIGINT"), ("variant", "STRING"), ("n", "INT"))
    labels = (("seen_at", "BIGINT"), ("of", id_kind), ("label", "DOUBLE"), ("source", "STRING"))
    return LabelSettings(JoinSide(predictions, "id", "at"), JoinSide(labels, "of", "seen_at"), "label", times, negative)


def part(of: LabelSettings, side: Side, rows: Rows) -> bytes:
    """Rows, in the order of their side's columns, as a part."""
    columns = (of.predictions if side == "predictions" else of.labels).columns
    values = {}
    for place, (name, kind) in enumerate(columns):
        column = [row[place] for row in rows]
        is_object = kind in ("STRING", "BYTES") or any(value is None for value in column)
        values[name] = np.array(column, object if is_object else np.float64 if kind == "DOUBLE" else np.int64)
    rows_format = PartFormat(columns)
    return rows_format.encode(rows_format.block(values))


def rows_of(data: bytes, columns: Sequence[tuple[str, str]]) -> list[tuple[Any, ...]]:
    """The rows of a part."""
    rows_format = PartFormat(tuple(columns))
    return list(zip(*rows_format.lists(rows_format.decode(data)).values(), strict=True))
