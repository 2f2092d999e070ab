"""Columns that a scored batch sends to other steps of the job: one value a batch, in one of its rows.

- ``__drift``: sampled rows, for the step that measures drift.
- ``__shadow``: rows as models take them, with their answers, for the step that scores shadows.
- ``__outcomes``: what experiments' variants did, for the steps that judge them.
- ``__predictions_to_label``: predictions of experiments' variants, and all where the job learns, for the step that
  joins them with their labels.
- ``__samples``: rows with their outcomes, for the step that learns.
"""

from __future__ import annotations

from typing import Any

from conf.experiments.experiment_choice import judged_experiments, shadow_experiments
from conf.settings import JobSettings, MlSettings
from state.sql import SqlColumns
from udfs.columns.repeated import is_repeated

DRIFT = "__drift"
SHADOW = "__shadow"
OUTCOMES = "__outcomes"
TO_LABEL = "__predictions_to_label"
SAMPLES = "__samples"
SIDE_COLUMNS: SqlColumns = (
    (DRIFT, "STRING"),
    (SHADOW, "BYTES"),
    (OUTCOMES, "STRING"),
    (TO_LABEL, "STRING"),
    (SAMPLES, "STRING"),
)


def side_columns(job: JobSettings, ml: MlSettings) -> SqlColumns:
    """Return those of the columns that a job has."""
    name = job.inference.model_name
    wanted = {
        DRIFT: ml.drift.enabled,
        SHADOW: bool(shadow_experiments(ml, name)),
        OUTCOMES: bool(judged_experiments(ml, name)),
        TO_LABEL: job.labels is not None,
        SAMPLES: ml.online_learning.enabled and job.labels is None,
    }
    return tuple(column for column in SIDE_COLUMNS if wanted[column[0]])


def only_value(column: Any) -> Any:
    """Return the value of a batch, wherever in its column it is; None: there is none."""
    if is_repeated(column):
        return column[0]
    return next((value for value in column if value is not None), None)
