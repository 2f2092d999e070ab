"""Outcomes of a join: rows that leave it, by kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from state.labels.packed_rows import PackedRows

if TYPE_CHECKING:
    from numpy.typing import NDArray

OutcomeKind = Literal["matched", "expired", "no_id", "repeated", "orphan", "duplicate", "late"]

OF_PREDICTIONS: tuple[OutcomeKind, ...] = ("matched", "expired", "no_id", "repeated")
OF_LABELS: tuple[OutcomeKind, ...] = ("matched", "orphan", "duplicate", "late")


@dataclass(frozen=True)
class Outcome:
    """Rows that leave a join; at least one.

    Attributes:
        kind: ``matched``: predictions, each with its label; ``expired``: predictions whose label did not come in time;
            ``no_id``: predictions without an id; ``repeated``: predictions whose id waits or is remembered;
            ``orphan``: labels whose prediction did not come in time, or that have no id; ``duplicate``: further labels
            of a prediction; ``late``: labels of a prediction that expired.
        predictions: the predictions, if it is of them.
        labels: the labels, if it is of them; those of a match in the order of their predictions.
    """

    kind: OutcomeKind
    predictions: PackedRows | None = None
    labels: PackedRows | None = None

    def __len__(self) -> int:
        rows = self.labels if self.predictions is None else self.predictions
        return 0 if rows is None else len(rows)

    @property
    def ages_ms(self) -> NDArray[np.int64]:
        """Label time less prediction time of each pair; negative: the label is of before its prediction.

        Raises:
            ValueError: the rows are no pairs.
        """
        if self.predictions is None or self.labels is None:
            msg = f"outcome {self.kind!r}: expected pairs of predictions and labels, got one side"
            raise ValueError(msg)
        ages: NDArray[np.int64] = self.labels.times - self.predictions.times
        return ages
