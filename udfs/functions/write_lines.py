"""Scoring of lines to lines: events in, predictions out as text, for sinks that take lines.

This function formats all rows of a batch at once and emits them as one block in the batch's first row. So the JVM
neither splits rows, nor formats them, nor calls the file system for each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from state.sql import SqlColumns
from udfs.columns.coded import as_column
from udfs.columns.repeated import first_of, is_repeated, repeated
from udfs.columns.scatter import PROBLEM_COLUMNS, VALUE_COLUMNS, scatter
from udfs.columns.side_columns import only_value, side_columns
from udfs.functions.parse_lines import LINE
from udfs.functions.prediction_texts import PredictionTexts, block
from udfs.functions.score_lines import ScoreLines
from udfs.functions.vector_function import Columns

BLOCK_COLUMNS: SqlColumns = (("__predictions", "BYTES"), ("__alerts", "BYTES"))
"""Lines of a batch, without the end of the last; NULL in all rows but the first.

They are text, but a stream of texts would decode and encode them again.
"""


@dataclass(frozen=True)
class Written:
    """The part of a batch of lines that leaves the job.

    Attributes:
        predictions: lines of predictions, without the end of the last; None: there are none.
        alerts: lines of alerts in the same way.
        sides: values for other steps, by column; None where there is none.
        bad: places of the dead letters in the batch.
        letters: columns of the dead letters.
    """

    predictions: bytes | None
    alerts: bytes | None
    sides: Mapping[str, Any]
    bad: NDArray[np.intp]
    letters: Columns


@dataclass
class WriteLines:
    """A function that scores lines and formats the predictions."""

    score: ScoreLines

    @property
    def inputs(self) -> SqlColumns:
        """The line."""
        return LINE

    @property
    def outputs(self) -> SqlColumns:
        """The columns of dead letters, NULL in good rows, then the blocks."""
        return *self.letters, *BLOCK_COLUMNS, *self.sides

    @property
    def sides(self) -> SqlColumns:
        """The columns for other steps."""
        return side_columns(self.score.job, self.score.ml)

    @property
    def letters(self) -> SqlColumns:
        """The columns of dead letters: reason, error, text, time and key."""
        kinds, events = dict(self.score.outputs), self.score.job.events
        told = dict.fromkeys((events.time, events.key))
        return *PROBLEM_COLUMNS, *VALUE_COLUMNS, *((name, kinds[name]) for name in told)

    def open(self) -> None:
        """Load the model and build the parser."""
        self.score.open()
        self._texts = PredictionTexts(self.score.job)

    def run(self, columns: Columns) -> Mapping[str, Sequence[Any]]:
        """Score a batch of lines and write it."""
        size = len(columns["__line"])
        written = self.write(columns["__line"].tolist())
        found: dict[str, Any] = {name: repeated(None, size) for name, _ in self.outputs}
        if len(written.bad):
            found |= {name: scatter(column, written.bad, size) for name, column in written.letters.items()}
        found |= {"__predictions": first_of(written.predictions, size), "__alerts": first_of(written.alerts, size)}
        return found | {name: first_of(value, size) for name, value in written.sides.items()}

    def write(self, lines: Sequence[bytes | None]) -> Written:
        """Score lines and return what leaves the job."""
        found = {name: as_column(values) for name, values in self.score.score(lines).items()}
        sides = {name: only_value(found.pop(name)) for name, _ in self.sides}
        reasons, threshold = found["__dead_letter_reason"], self.score.job.inference.alert_threshold
        is_bad = np.zeros(len(lines), np.bool_) if is_repeated(reasons) else reasons.astype(np.bool_)
        bad = np.flatnonzero(is_bad)
        good = {name: values[~is_bad] for name, values in found.items()} if len(bad) else found
        letters = {name: found[name][bad] for name, _ in self.letters}
        return Written(*blocks(self._texts, good, threshold), sides, bad, letters)

    def close(self) -> None:
        """Let the model go."""
        self.score.close()


def blocks(texts: PredictionTexts, good: Columns, threshold: float | None) -> tuple[bytes | None, bytes | None]:
    """Return the lines of rows with a prediction, and those of the rows above the threshold; None for no lines."""
    import pyarrow as pa

    lines = texts.write(good, end="\n")
    if threshold is None:
        return block(lines), None
    return block(lines), block(lines.filter(pa.array(good["__prediction"].astype(np.float64) > threshold)))
