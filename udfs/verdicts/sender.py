"""Sender of the outcomes of a scored batch to the steps that judge its experiments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from conf.experiments.ab_testing import ALL, ExperimentSettings
from conf.experiments.experiment_choice import judged_experiments
from conf.settings import JobSettings, MlSettings
from state.drift.rows import joined_texts
from state.verdicts.outcomes import Outcomes
from udfs.columns.packed_texts import text_of
from udfs.experiments.arm_answer import ArmAnswer
from udfs.experiments.router import Router
from udfs.experiments.units import Units
from udfs.functions.parse_lines import event_columns
from udfs.labels.prediction_parts import Known, prediction_part
from udfs.scoring.prediction_batch import PredictionBatch
from udfs.verdicts.answered import Answered
from udfs.verdicts.settings import verdict_of

ArmRows = tuple[NDArray[np.int64], Outcomes]
"""Places of an experiment's rows in a batch, and these rows."""


class Sent(NamedTuple):
    """Texts that a batch sends to the steps that judge its experiments; None: there are none.

    Attributes:
        outcomes: known outcomes of the rows.
        predictions: rows whose labels come later.
        rows: of each experiment.
    """

    outcomes: str | None
    predictions: str | None
    rows: tuple[ArmRows, ...] = ()


class OutcomeSender:
    """A sender of the rows that experiments with a verdict answer.

    Rows whose variant was not drawn are left out: they say nothing about it.

    Args:
        job: settings of the job.
        ml: settings of its experiments.
        router: of the job's experiments.
    """

    def __init__(self, job: JobSettings, ml: MlSettings, router: Router) -> None:
        self._job = job
        self._router = router
        self._experiments = judged_experiments(ml, job.inference.model_name)

    def take(self, batch: PredictionBatch, columns: Mapping[str, NDArray[Any]]) -> Sent:
        """Return the parts that a batch sends.

        Args:
            batch: answers to n rows.
            columns: fields of the events, (n,) each.
        """
        units = Units(columns[self._router.field])
        made = [self._outcomes(each, batch, units, columns) for each in self._experiments]
        found = tuple(each for each in made if each is not None)
        outcomes = joined_texts(text_of(rows.times, rows.to_bytes()) for _, rows in found)
        if self._job.labels is None:
            return Sent(outcomes, None, found)
        return Sent(outcomes, joined_texts(self._predictions(batch, columns, *each) for each in found), found)

    def _predictions(
        self,
        batch: PredictionBatch,
        columns: Mapping[str, NDArray[Any]],
        taken: NDArray[np.int64],
        outcomes: Outcomes,
    ) -> str:
        name = self._job.events.id
        kind = dict(event_columns(self._job.events))[name]
        known = Known(columns[name][taken], kind, batch.prediction[taken])
        return text_of(outcomes.times, prediction_part(outcomes, known))

    def _outcomes(
        self,
        experiment: ExperimentSettings,
        batch: PredictionBatch,
        units: Units,
        columns: Mapping[str, NDArray[Any]],
    ) -> tuple[NDArray[np.int64], Outcomes] | None:
        """Return the rows of a batch that an experiment's variants answered, and their outcomes."""
        names = [variant.name for variant in experiment.variants]
        size = len(batch.matrix)
        arms, failed, latency_s = np.full(size, -1, np.int64), np.zeros(size), np.full(size, np.nan)
        for each in batch.answers:
            if each.arm is not None and each.arm.experiment == experiment.name:
                rows = slice(None) if each.rows is None else each.rows
                arms[rows] = _drawn(each, names.index(each.arm.variant))
                failed[rows] = _failed(each)
                # All rows of a batch waited for one call, which is one observation.
                latency_s[0 if each.rows is None else each.rows[0]] = each.seconds
        taken = np.flatnonzero(arms >= 0)
        if not len(taken):
            return None
        fields = {name: columns[name][taken] for name in metric_fields(experiment)}
        label = self._labels(columns, taken)
        answered = Answered(batch.prediction[taken], label, failed[taken], latency_s[taken], fields)
        weights = self._router.weights_of(experiment.name)
        return taken, Outcomes(
            experiment.name,
            weights.step,
            tuple(float(weights.shares[name] / ALL) for name in names),
            units.points(experiment.name)[taken],
            columns[self._job.events.time][taken].astype(np.int64),
            arms[taken],
            answered.values(verdict_of(experiment).metrics),
            answered.chances[0],
            answered.label,
        )

    def _labels(self, columns: Mapping[str, NDArray[Any]], taken: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the outcomes of rows that events hold; NaN where labels come later, in a stream of their own."""
        name = self._job.events.label
        if name is None or self._job.labels is not None:
            return np.full(len(taken), np.nan)
        return columns[name][taken].astype(np.float64)


def metric_fields(experiment: ExperimentSettings) -> tuple[str, ...]:
    """Return the event fields that an experiment's metrics read, beside the outcome."""
    return tuple(metric.field for metric in verdict_of(experiment).metrics if metric.field is not None)


def outcome_fields(job: JobSettings, ml: MlSettings) -> tuple[str, ...]:
    """Return the event fields that verdicts read; none where no experiment of the job has one."""
    experiments = judged_experiments(ml, job.inference.model_name)
    if not experiments:
        return ()
    roles = (job.events.time, job.events.label) if job.labels is None else (job.events.time, job.events.id)
    read = (name for each in experiments for name in metric_fields(each))
    return tuple(dict.fromkeys(name for name in (*roles, *read) if name is not None))


def _drawn(each: ArmAnswer, place: int) -> Any:
    return place if each.undrawn is None else np.where(each.undrawn, -1, place)


def _failed(each: ArmAnswer) -> Any:
    why = each.answer.why
    return 0.0 if why is None else np.not_equal(why, None).astype(np.float64)  # type: ignore[call-overload]
