"""Event fields and aggregates to predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conf.settings import JobSettings, MlSettings
from state.sql import SqlColumns
from udfs.columns.scatter import PROBLEM_COLUMNS, problem_columns
from udfs.functions.batch_scoring import BatchScoring
from udfs.functions.vector_function import NO_COLUMNS, Columns


@dataclass
class ScoreColumns:
    """A function that computes features and scores them with the job's model, in one step.

    Args:
        job: settings of the job.
        ml: settings of models.
        raw: fields that the model reads raw; None: its caller has all of them.
    """

    job: JobSettings
    ml: MlSettings
    raw: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        self._scoring = BatchScoring(self.job, self.ml, self.raw)

    @property
    def inputs(self) -> SqlColumns:
        """Event fields and aggregates that features, metrics and drift need, and raw fields that models do."""
        return self._scoring.inputs

    @property
    def outputs(self) -> SqlColumns:
        """Reason and error of a row that cannot be scored, then the prediction, then a sample for drift."""
        return *PROBLEM_COLUMNS, *self._scoring.outputs

    def open(self) -> None:
        """Load the model."""
        self._scoring.open()

    def run(self, columns: Columns, exact: Columns = NO_COLUMNS) -> Mapping[str, Sequence[Any]]:
        """Score a batch."""
        problems, values = self._scoring.score(columns, exact=exact)
        return {**problem_columns(problems, len(values["__prediction"])), **values}

    def close(self) -> None:
        """Let the model go, where there is one."""
        self._scoring.close()
