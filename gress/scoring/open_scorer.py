"""Opening of a job's features and model in a user's program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from conf.settings import Settings
from gress.scoring.config import job_of
from gress.scoring.scorer import Scorer
from udfs.functions.batch_scoring import BatchScoring


@contextmanager
def open_scorer(settings: Settings) -> Iterator[Scorer]:
    """Open the scorer of a job with its features, model, experiments and fallbacks; close it when the block is left.

    ``scorer.score(table)`` wants a column for each of ``scorer.inputs``: event fields, and a column for each window,
    which the caller must compute. Times in numbers are in the unit of their field, or epoch milliseconds. Without
    ``model_version`` in the settings, a newly promoted model takes over between two calls, as in a job.

    Raises:
        FeatureError, JobError, ModelError: the settings hold no job, or its model does not fit its features.
    """
    scoring = BatchScoring(job_of(settings), settings.ml)
    scoring.open()
    try:
        yield Scorer(scoring.scorer, scoring.close)
    finally:
        scoring.close()
