"""Predictions that wait for a label, as parts: what becomes of them is known with the label."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import orjson

from state.sliding.rows import Column
from state.sql import SqlColumns
from udfs.windows.parts import Block, PartFormat
from udfs.windows.texts import Texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.verdicts.outcomes import Outcomes

ID, TIME = "__id", "__time"
POINT, ARM, PREDICTION = "__point", "__arm", "__prediction"
_ASSIGNED = "__assigned"


class Assigned(NamedTuple):
    """An experiment at one step of its ramp, with the share of each variant, which assigned rows to these."""

    experiment: str
    step: int
    shares: tuple[float, ...]


def prediction_columns(id_kind: str) -> SqlColumns:
    """Return the columns of a part.

    Args:
        id_kind: SQL type of the id, BIGINT or STRING.
    """
    return (
        (ID, id_kind),
        (TIME, "BIGINT"),
        (POINT, "BIGINT"),
        (ARM, "INT"),
        (_ASSIGNED, "STRING"),
        (PREDICTION, "DOUBLE"),
    )


def prediction_part(outcomes: Outcomes, ids: NDArray[Any], id_kind: str, predictions: NDArray[np.float64]) -> bytes:
    """Return a part with the rows of outcomes.

    Args:
        outcomes: n rows of one experiment.
        ids: ids of their events, (n,).
        id_kind: SQL type of these.
        predictions: scores, (n,), NaN where there is none.
    """
    size = len(outcomes)
    text = orjson.dumps([outcomes.experiment, outcomes.step, outcomes.shares])
    columns = {
        ID: PartFormat(((ID, id_kind),)).block({ID: ids})[ID],
        TIME: Column(outcomes.times),
        POINT: Column(outcomes.points.view(np.int64)),
        ARM: Column(outcomes.arms),
        _ASSIGNED: Texts(np.frombuffer(text * size, np.uint8), np.arange(1, size + 1) * len(text)),
        PREDICTION: Column(predictions),
    }
    return PartFormat(prediction_columns(id_kind)).encode(Block(columns, size))


def by_assignment(block: Block) -> Iterator[tuple[Assigned, Block]]:
    """Yield the rows of a block that were assigned together, with what assigned them."""
    texts = block[_ASSIGNED]
    assert isinstance(texts, Texts)
    lengths = texts.lengths
    for length in np.unique(lengths).tolist():
        places = np.flatnonzero(lengths == length)
        # Texts of one length are words of a matrix, which numpy tells apart without a Python object a row.
        words = texts.take(places).data.view(f"S{length}")
        for word in np.unique(words).tolist():
            experiment, step, shares = orjson.loads(word)
            yield Assigned(experiment, step, tuple(shares)), block.take(places[words == word])
