"""Rows without their other side, as lines of JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import orjson

from udfs.labels.job_labels import LABEL, LABEL_TIME
from udfs.labels.prediction_parts import ID, TIME

if TYPE_CHECKING:
    from udfs.labels.label_parts import OutcomeName
    from udfs.windows.parts import Block, PartFormat

_OF_PREDICTIONS = ("unlabelled", "repeated")


def unmatched_lines(outcome: OutcomeName, block: Block, columns: PartFormat) -> str:
    """Return a line a row, without an end behind the last: outcome, id, time in ms since 1970, and a label's value.

    Args:
        outcome: name of the rows' outcome.
        block: the rows, at least one.
        columns: format of the block.
    """
    values = columns.lists(block)
    if outcome in _OF_PREDICTIONS:
        rows = [{"outcome": outcome, "id": i, "time": t} for i, t in zip(values[ID], values[TIME], strict=True)]
    else:
        listed = zip(values[ID], values[LABEL_TIME], values[LABEL], strict=True)
        rows = [{"outcome": outcome, "id": i, "time": t, "label": _plain(label)} for i, t, label in listed]
    return "\n".join(orjson.dumps(row).decode() for row in rows)


def _plain(label: float | None) -> float | int | None:
    """Return a label as it is written most simply.

    >>> _plain(1.0), _plain(0.5)
    (1, 0.5)
    """
    if label is None or not math.isfinite(label):
        return None
    return int(label) if label.is_integer() else label
