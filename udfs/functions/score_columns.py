"""Event fields and aggregates to predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conf.settings import JobSettings, MlSettings
from state.sql import SqlColumns
from udfs.functions.batch_scoring import BatchScoring
from udfs.functions.scatter import PROBLEM_COLUMNS, problem_columns
from udfs.functions.vector_function import Columns


@dataclass
class ScoreColumns:
    """A function that computes features and scores them with the job's model, in one step."""

    job: JobSettings
    ml: MlSettings

    def __post_init__(self) -> None:
        self._scoring = BatchScoring(self.job, self.ml)

    @property
    def inputs(self) -> SqlColumns:
        """Event fields and aggregates that the features read, and those that metrics and drift need."""
        return self._scoring.inputs

    @property
    def outputs(self) -> SqlColumns:
        """Reason and error of a row that cannot be scored, then the prediction, then a sample for drift."""
        return *PROBLEM_COLUMNS, *self._scoring.outputs

    def open(self) -> None:
        """Load the model."""
        self._scoring.open()

    def run(self, columns: Columns) -> Mapping[str, Sequence[Any]]:
        """Score a batch."""
        problems, values = self._scoring.score(columns)
        return {**problem_columns(problems, len(values["__prediction"])), **values}

    def close(self) -> None:
        """Let the model go, where there is one."""
        self._scoring.close()
