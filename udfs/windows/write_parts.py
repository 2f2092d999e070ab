"""Scoring of parts to lines: rows with their windows in, predictions out as text, for sinks that take lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from state.sql import SqlColumns
from udfs.columns.coded import as_column
from udfs.columns.repeated import is_repeated
from udfs.columns.scatter import PROBLEM_COLUMNS
from udfs.columns.side_columns import only_value, side_columns
from udfs.functions.prediction_texts import PredictionTexts
from udfs.functions.score_columns import ScoreColumns
from udfs.functions.vector_function import Columns
from udfs.functions.write_lines import BLOCK_COLUMNS, blocks
from udfs.windows.arrays import PART, array_columns, arrays, of_objects
from udfs.windows.parts import PartFormat


@dataclass
class WriteParts:
    """A function that scores the rows of a part and formats the predictions.

    Args:
        score: scores columns.
        columns: columns of a part.
        keep: those that rows without a prediction come out with.
    """

    score: ScoreColumns
    columns: SqlColumns
    keep: SqlColumns

    @property
    def inputs(self) -> SqlColumns:
        """The part."""
        return PART

    @property
    def rows(self) -> SqlColumns:
        """Name and SQL type of each column of a row without a prediction."""
        return *self.keep, *PROBLEM_COLUMNS

    @property
    def outputs(self) -> SqlColumns:
        """The blocks of a part, its values for other steps, and its rows without a prediction as arrays."""
        return *BLOCK_COLUMNS, *side_columns(self.score.job, self.score.ml), *array_columns(self.rows)

    def open(self) -> None:
        """Load the model."""
        self.score.open()
        self._format = PartFormat(self.columns)
        self._texts = PredictionTexts(self.score.job)

    def run(self, columns: Columns) -> Mapping[str, Sequence[Any]]:
        """Score each part and write it."""
        made = [self._write(part) for part in columns["__part"]]
        return {name: of_objects([found[name] for found in made]) for name, _ in self.outputs}

    def close(self) -> None:
        """Let the model go."""
        self.score.close()

    def _write(self, part: bytes) -> dict[str, Any]:
        block = self._format.decode(part)
        given, exact = self._format.arrays(block), self._format.exact(block)
        found = {name: as_column(values) for name, values in self.score.run(given, exact).items()}
        sides = {name: only_value(found.pop(name)) for name, _ in side_columns(self.score.job, self.score.ml)}
        reasons, values = found["__dead_letter_reason"], {**given, **exact, **found}
        bad = np.empty(0, np.int64) if is_repeated(reasons) else np.flatnonzero(reasons.astype(bool))
        good = values
        if len(bad):
            is_good = np.ones(len(reasons), np.bool_)
            is_good[bad] = False
            good = {name: column[is_good] for name, column in values.items()}
        predictions, alerts = blocks(self._texts, good, self.score.job.inference.alert_threshold)
        return {
            "__predictions": predictions,
            "__alerts": alerts,
            **sides,
            **arrays(self.rows, {name: values[name][bad] for name, _ in self.rows}, len(bad)),
        }
