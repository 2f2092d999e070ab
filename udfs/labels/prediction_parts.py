"""Predictions that wait for a label, as parts: what becomes of them is known with the label."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import orjson

from state.sliding.rows import Column
from state.sql import SqlColumns
from udfs.windows.parts import Block, PartFormat, Values
from udfs.windows.texts import Texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.verdicts.outcomes import Outcomes

ID, TIME = "__id", "__time"
POINT, ARM, PREDICTION = "__point", "__arm", "__prediction"
_ASSIGNED, SAMPLE = "__assigned", "__sample"


class Assigned(NamedTuple):
    """An experiment at one step of its ramp, with the share of each variant, which assigned rows to these."""

    experiment: str
    step: int
    shares: tuple[float, ...]


def prediction_columns(id_kind: str, *, has_samples: bool = False) -> SqlColumns:
    """Return the columns of a part.

    Args:
        id_kind: SQL type of the id, BIGINT or STRING.
        has_samples: rows carry the values that a learner needs.
    """
    return (
        (ID, id_kind),
        (TIME, "BIGINT"),
        (POINT, "BIGINT"),
        (ARM, "INT"),
        (_ASSIGNED, "STRING"),
        (PREDICTION, "DOUBLE"),
        *(((SAMPLE, "BYTES"),) if has_samples else ()),
    )


class Known(NamedTuple):
    """Rows with all that is known of them beside their experiment.

    Attributes:
        ids: ids of their events, (n,).
        id_kind: SQL type of these.
        predictions: scores, (n,), NaN where there is none.
        sample: bytes that a learner needs of each row; None: there is no learner.
    """

    ids: NDArray[Any]
    id_kind: str
    predictions: NDArray[np.float64]
    sample: Texts | None = None

    def part(self, columns: dict[str, Values]) -> bytes:
        """Return a part of the rows, whose other columns are given."""
        found = {ID: PartFormat(((ID, self.id_kind),)).block({ID: self.ids})[ID], PREDICTION: Column(self.predictions)}
        if self.sample is not None:
            found[SAMPLE] = self.sample
        format_ = PartFormat(prediction_columns(self.id_kind, has_samples=self.sample is not None))
        return format_.encode(Block(columns | found, len(self.ids)))


def prediction_part(outcomes: Outcomes, known: Known) -> bytes:
    """Return a part with the rows of outcomes, n rows of one experiment."""
    text = orjson.dumps([outcomes.experiment, outcomes.step, outcomes.shares])
    columns: dict[str, Values] = {
        TIME: Column(outcomes.times),
        POINT: Column(outcomes.points.view(np.int64)),
        ARM: Column(outcomes.arms),
        _ASSIGNED: _same(text, len(outcomes)),
    }
    return known.part(columns)


def unassigned_part(times: NDArray[np.int64], known: Known) -> bytes:
    """Return a part with rows that no experiment assigned, by their event times, (n,)."""
    nothing = Column(np.zeros(len(times), np.int64))
    return known.part({TIME: Column(times), POINT: nothing, ARM: nothing, _ASSIGNED: _same(b"", len(times))})


def _same(text: bytes, size: int) -> Texts:
    return Texts(np.frombuffer(text * size, np.uint8), np.arange(1, size + 1) * len(text))


def by_assignment(block: Block) -> Iterator[tuple[Assigned, Block]]:
    """Yield the rows of a block that were assigned together, with what assigned them; no others."""
    texts = block[_ASSIGNED]
    assert isinstance(texts, Texts)
    lengths = texts.lengths
    for length in np.unique(lengths[lengths > 0]).tolist():
        places = np.flatnonzero(lengths == length)
        # Texts of one length are words of a matrix, which numpy compares without a Python object for each row.
        words = texts.take(places).data.view(f"S{length}")
        for word in np.unique(words).tolist():
            experiment, step, shares = orjson.loads(word)
            yield Assigned(experiment, step, tuple(shares)), block.take(places[words == word])
