"""Sender of scored rows to the step that scores shadows: that step has a process of its own, so it delays no answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conf.experiments.experiment_choice import shadow_experiments, unit_field
from conf.settings import JobSettings, MlSettings
from udfs.experiments.open_arms import model_choices
from udfs.experiments.router import Arm, Router
from udfs.experiments.shadow_rows import ShadowAnswer, ShadowRows, row_to_json
from udfs.features.feature_set import FeatureSet
from udfs.functions.parse_lines import event_columns
from udfs.scoring.model_source import raw_fields
from udfs.scoring.prediction_batch import PredictionBatch


class ShadowSender:
    """A sender of the rows that an experiment with shadows answers.

    Args:
        job: settings of the job.
        ml: settings of its models and experiments.
        features: the job's features.
        router: of the job's experiments.
        clock: function that returns seconds since 1970.
    """

    def __init__(
        self,
        job: JobSettings,
        ml: MlSettings,
        features: FeatureSet,
        router: Router,
        clock: Callable[[], float] = time.time,
    ) -> None:
        experiments = {each.name for each in shadow_experiments(ml, job.inference.model_name)}
        self._arms: dict[Arm | None, int] = {
            arm: place for place, arm in enumerate(router.arms) if arm.experiment in experiments
        }
        choices = (choice for _, choice in model_choices(ml, job.inference))
        kinds = dict(event_columns(job.events))
        names = dict.fromkeys((*shadow_fields(job, ml), *raw_fields(ml, choices, features)))
        self._kinds = tuple((name, kinds[name]) for name in names)
        self._clock = clock

    def take(self, batch: PredictionBatch, columns: Mapping[str, NDArray[Any]]) -> bytes | None:
        """Return the rows of a batch that shadows score; None: there are none.

        Rows that another model than their variant's answered are left out: they say nothing about the variant.
        """
        if len(batch.matrix) == 1:
            with suppress(TypeError):
                return self._take_one(batch, columns)
        arms = np.full(len(batch.matrix), -1, np.int64)
        for each in batch.answers:
            place = self._arms.get(each.arm)
            if place is not None:
                status = each.answer.status
                own = np.isfinite(each.answer.scores.prediction) & (True if status is None else status == "ok")
                arms[slice(None) if each.rows is None else each.rows] = np.where(own, place, -1)
        rows = np.flatnonzero(arms >= 0)
        if not len(rows):
            return None
        label = np.full(len(arms), None, dtype=object) if batch.label is None else batch.label
        return ShadowRows(
            round(self._clock() * 1000),
            arms[rows],
            batch.prediction[rows],
            label[rows],
            batch.version[rows],
            batch.matrix[rows].astype(np.float32, copy=False),
            self._kinds,
            {name: columns[name][rows] for name, _ in self._kinds},
        ).to_bytes()

    def _take_one(self, batch: PredictionBatch, columns: Mapping[str, NDArray[Any]]) -> bytes | None:
        """Return the only row of a batch without the calls for many, which take ten times as long and hold it up.

        Raises:
            TypeError: a text is half of a character, which is no JSON.
        """
        each = next((found for found in batch.answers if found.rows is None or len(found.rows)), None)
        if each is None:
            return None  # the row was rejected
        place, status = self._arms.get(each.arm), each.answer.status
        prediction = float(batch.prediction[0])
        if place is None or not isfinite(prediction) or not (status is None or status[0] == "ok"):
            return None
        label = None if batch.label is None else batch.label[0]
        answer = ShadowAnswer(place, prediction, label, batch.version[0])
        matrix = batch.matrix.astype(np.float32, copy=False)
        return row_to_json(round(self._clock() * 1000), answer, matrix, self._kinds, columns)


def shadow_fields(job: JobSettings, ml: MlSettings) -> tuple[str, ...]:
    """Return the fields of the events that comparisons hold; none where no experiment of the job has shadows."""
    experiments = shadow_experiments(ml, job.inference.model_name)
    if not experiments:
        return ()
    events = job.events
    named = (events.id, events.time, events.key, unit_field(experiments[0], events), events.label)
    return tuple(dict.fromkeys(name for name in named if name is not None))
