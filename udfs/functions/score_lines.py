"""Lines to predictions in one step: for features that need no window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conf.settings import JobSettings, MlSettings
from udfs.dead_letters import Problem
from udfs.functions.parse_lines import LINE, ParseLines, event_columns
from udfs.functions.repeated import repeated
from udfs.functions.scatter import PROBLEM_COLUMNS, problem_columns, scatter
from udfs.functions.score_columns import ScoreColumns, prediction_columns
from udfs.functions.vector_function import Columns, SqlColumns
from udfs.parsing.batch import ParsedBatch
from udfs.parsing.lines import LineFormat
from udfs.scoring.scorer import Predictions


@dataclass
class ScoreLines:
    """Parses, computes features and scores without leaving Python in between."""

    job: JobSettings
    ml: MlSettings
    lines: LineFormat

    @property
    def inputs(self) -> SqlColumns:
        """The line."""
        return LINE

    @property
    def outputs(self) -> SqlColumns:
        """Reason, error and text of a bad line, the fields that a prediction carries on, then the prediction."""
        return *PROBLEM_COLUMNS, *LINE, *carried_columns(self.job), *prediction_columns(self.ml)

    def open(self) -> None:
        """Load the model and build the parser."""
        self._parse = ParseLines(self.job.events, self.lines)
        self._parse.open()
        self._score = ScoreColumns(self.job, self.ml)
        self._score.open()

    def run(self, columns: Columns) -> Mapping[str, Sequence[Any]]:
        """Score a batch of lines."""
        batch = self._parse.parser.parse(columns["__line"].tolist())
        predictions = self._score.scorer.score(batch.columns)
        self._record(batch, predictions)
        places = np.arange(batch.size) if batch.rows is None else batch.rows
        problems = {
            **batch.problems,
            **{int(places[row]): problem for row, problem in predictions.problems.items()},
        }
        carried = {**batch.columns, **batch.exact}
        values = {
            **{name: carried[name] for name, _ in carried_columns(self.job)},
            **self._score.rows(predictions, batch.columns),
        }
        return {
            **problem_columns(problems, batch.size),
            "__line": _lines_at(problems, columns["__line"]),
            **{name: scatter(column, batch.rows, batch.size) for name, column in values.items()},
        }

    def close(self) -> None:
        """Let the model go."""
        self._score.close()

    def _record(self, batch: ParsedBatch, predictions: Predictions) -> None:
        recorder = self._score.recorder
        if recorder is not None:
            recorder.dead(batch.problems)
            recorder.dead(predictions.problems)
            if batch.good:
                recorder.left(batch.columns[self.job.events.time], predictions.problems)


def _lines_at(problems: Mapping[int, Problem], lines: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the lines that have a problem; only they are still needed."""
    rows = list(problems)
    return scatter(lines[rows], np.array(rows), len(lines)) if rows else repeated(None, len(lines))


def carried_columns(job: JobSettings) -> SqlColumns:
    """Return the event columns that predictions carry: id, time, key and, where events have it, the label."""
    types = dict(event_columns(job.events))
    names = dict.fromkeys(
        name for name in (job.events.id, job.events.time, job.events.key, job.events.label) if name
    )
    return tuple((name, types[name]) for name in names)
