"""Scoring of columns in a user's program, without Flink."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from conf.settings import Settings
from jobs.errors import refuse
from udfs.functions.batch_scoring import BatchScoring
from udfs.scoring.scorer import Scorer


@contextmanager
def open_scorer(settings: Settings) -> Iterator[Scorer]:
    """Open the scorer of a job with its features, model and fallbacks; close it when the block is left.

    ``scorer.score(table)`` takes arrays by name, a pandas DataFrame or an Arrow table with a column for each of
    ``scorer.inputs``: event fields, and a column for each window, which the caller must compute. Times in numbers are
    epoch milliseconds. Without ``model_version`` in the settings, a newly promoted model takes over between two calls,
    as in a job.

    Raises:
        FeatureError, JobError, ModelError: the settings hold no job, or its model does not fit its features.
    """
    if settings.job is None:
        refuse("settings", "a `job:` with events, features and inference", "none")
    scoring = BatchScoring(settings.job, settings.ml)
    scoring.open()
    try:
        yield scoring.scorer
    finally:
        scoring.close()
