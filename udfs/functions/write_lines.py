"""Scoring of lines to lines: events in, predictions out as text, for sinks that take lines.

This function formats all rows of a batch at once and emits them as one block in the batch's first row. So the JVM
neither splits rows, nor formats them, nor calls the file system for each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from state.sql import SqlColumns
from udfs.functions.batch_scoring import DRIFT_COLUMNS
from udfs.functions.parse_lines import LINE
from udfs.functions.prediction_texts import PredictionTexts, block
from udfs.functions.repeated import first_of, is_repeated, repeated
from udfs.functions.scatter import PROBLEM_COLUMNS, VALUE_COLUMNS, scatter
from udfs.functions.score_lines import ScoreLines
from udfs.functions.vector_function import Columns

BLOCK_COLUMNS: SqlColumns = (("__predictions", "STRING"), ("__alerts", "STRING"))
"""Lines of a batch, without the end of the last; NULL in all rows but the first."""


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
        kinds = dict(self.score.outputs)
        sample = DRIFT_COLUMNS if "__drift" in kinds else ()
        return *PROBLEM_COLUMNS, *VALUE_COLUMNS, *((name, kinds[name]) for name in self._event), *BLOCK_COLUMNS, *sample

    def open(self) -> None:
        """Load the model and build the parser."""
        self.score.open()
        self._texts = PredictionTexts(self.score.job)

    def run(self, columns: Columns) -> Mapping[str, Sequence[Any]]:
        """Score a batch of lines and write it."""
        found = {name: np.asarray(values) for name, values in self.score.run(columns).items()}
        size = len(columns["__line"])
        sample = _moved(found.pop("__drift", None), size)
        if is_repeated(found["__dead_letter_reason"]):
            empty = repeated(None, size)
            return {**{name: empty for name, _ in self.outputs}, **self._blocks(found, size), **sample}
        is_bad = found["__dead_letter_reason"].astype(bool)
        bad = np.flatnonzero(is_bad)
        return {
            **{name: scatter(found[name][bad], bad, size) for name, _ in self.outputs if name in found},
            **self._blocks({name: values[~is_bad] for name, values in found.items()}, size),
            **sample,
        }

    def close(self) -> None:
        """Let the model go."""
        self.score.close()

    @property
    def _event(self) -> dict[str, None]:
        return dict.fromkeys((self.score.job.events.time, self.score.job.events.key))

    def _blocks(self, good: Columns, size: int) -> dict[str, Any]:
        predictions, alerts = blocks(self._texts, good, self.score.job.inference.alert_threshold)
        return {"__predictions": first_of(predictions, size), "__alerts": first_of(alerts, size)}


def blocks(texts: PredictionTexts, good: Columns, threshold: float | None) -> tuple[bytes | None, bytes | None]:
    """Return the lines of rows with a prediction, and those of the rows above the threshold; None for no lines."""
    import pyarrow as pa

    lines = texts.write(good)
    if threshold is None:
        return block(lines), None
    return block(lines), block(lines.filter(pa.array(good["__prediction"].astype(np.float64) > threshold)))


def _moved(column: Any, size: int) -> dict[str, Any]:
    """Return the sample of a batch in the row that its blocks are in."""
    if column is None:
        return {}
    text = None if is_repeated(column) else next((text for text in column if text is not None), None)
    return {"__drift": first_of(text, size)}
