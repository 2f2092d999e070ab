"""Lines to predictions in one step: for features that need no window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conf.settings import JobSettings, MlSettings
from state.sql import SqlColumns
from udfs.columns.repeated import repeated
from udfs.columns.scatter import PROBLEM_COLUMNS, VALUE_COLUMNS, problem_columns, scatter, value_columns
from udfs.dead_letters import Problem
from udfs.functions.batch_scoring import BatchScoring
from udfs.functions.parse_lines import LINE, ParseLines, event_columns
from udfs.functions.vector_function import Columns
from udfs.parsing.lines import LineFormat


@dataclass
class ScoreLines:
    """A function that parses, computes features and scores without leaving Python in between."""

    job: JobSettings
    ml: MlSettings
    lines: LineFormat

    def __post_init__(self) -> None:
        self._parsing = ParseLines(self.job.events, self.lines, self.job.carried)
        self._scoring = BatchScoring(self.job, self.ml)
        self._carried = carried_columns(self.job)

    @property
    def inputs(self) -> SqlColumns:
        """The line."""
        return LINE

    @property
    def outputs(self) -> SqlColumns:
        """Reason, error and text of a bad line, the fields that a prediction carries on, then the prediction."""
        return *PROBLEM_COLUMNS, *VALUE_COLUMNS, *self._carried, *self._scoring.outputs

    def open(self) -> None:
        """Load the model and build the parser."""
        self._parsing.open()
        self._scoring.open()

    def run(self, columns: Columns) -> Mapping[str, Sequence[Any]]:
        """Score a batch of lines."""
        return self.score(columns["__line"].tolist())

    def score(self, lines: Sequence[bytes | None]) -> Mapping[str, Sequence[Any]]:
        """Score lines; return ``outputs``."""
        self._scoring.arrived(len(lines))
        batch = self._parsing.parse(lines)
        found, scored = self._scoring.score(batch.columns, batch.problems, batch.exact)
        places = np.arange(batch.size) if batch.rows is None else batch.rows
        problems = {**batch.problems, **{int(places[row]): problem for row, problem in found.items()}}
        carried = {**batch.columns, **batch.exact}
        values = {**{name: carried[name] for name, _ in self._carried}, **scored}
        return {
            **problem_columns(problems, batch.size),
            **_values(problems, lines),
            **{name: scatter(column, batch.rows, batch.size) for name, column in values.items()},
        }

    def close(self) -> None:
        """Let the model go."""
        self._scoring.close()


def _values(problems: Mapping[int, Problem], lines: Sequence[bytes | None]) -> dict[str, NDArray[Any]]:
    """Return the lines that have a problem; only they are still needed."""
    if problems:
        return value_columns(problems, lines)
    return {name: repeated(None, len(lines)) for name, _ in VALUE_COLUMNS}


def carried_columns(job: JobSettings) -> SqlColumns:
    """Return the event columns that predictions carry: id, time, key, the label where there is one, `job.carried`."""
    types = dict(event_columns(job.events))
    roles = (job.events.id, job.events.time, job.events.key, job.events.label)
    names = dict.fromkeys(name for name in (*roles, *job.carried) if name)
    return tuple((name, types[name]) for name in names)
