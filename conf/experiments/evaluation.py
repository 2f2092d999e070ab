"""Evaluation of a run against baselines (`job.evaluation`)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator
from typing_extensions import Self

from conf.types.base import FrozenSettings
from conf.types.refusal import Refusal, repeated_names, validation_error
from conf.types.scalars import Name, Real

Measure = Literal["accuracy", "auc_roc", "average_precision", "mase", "coverage", "recall", "ndcg"]
RANK_MEASURES = ("recall", "ndcg")
"""Measures of the rank of the truth among ``job.sink.top_classes``."""
MODEL = "model"
"""Name of the job's own answers among the figures."""


class BaselineSettings(FrozenSettings):
    """Answers that a job's model should beat, which its events carry.

    Attributes:
        name: as the figures call them; any but ``model``.
        field: event field of a number that is higher for a positive row; for ``recall`` and ``ndcg`` of the rank that
            the baseline gives the truth, 1 = its first choice. Predictions carry it.
        threshold: an answer over it counts as positive; default 0.5.
    """

    name: Name
    field: Name
    threshold: Real = 0.5

    @model_validator(mode="after")
    def _is_not_the_model(self) -> Self:
        if self.name == MODEL:
            raise validation_error(Refusal("another name than model, which is the job's own", ("name",)))
        return self


class EvaluationSettings(FrozenSettings):
    """Comparison of predictions with baselines at the end of a run, on rows with the truth and every answer.

    Attributes:
        measures: ``accuracy``, ``auc_roc``, ``average_precision``, ``mase`` (mean absolute error over that of the first
            baseline), ``coverage`` (share of truths between the model's first two scores); of the truth as the number
            that a class has for a name, ``recall`` (share of truths among the ``job.sink.top_classes``) and ``ndcg``
            (the same, but a place counts by ``1 / log2(1 + rank)``). In this order of importance; at least one.
        threshold: a prediction over it counts as positive; default 0.5.
        baselines: models that the model should beat; default none.
    """

    measures: tuple[Measure, ...] = Field(min_length=1)
    threshold: Real = 0.5
    baselines: tuple[BaselineSettings, ...] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        refusals = repeated_names([each.name for each in self.baselines], within="baselines")
        refusals += [
            Refusal("each measure once", ("measures", index))
            for index, name in enumerate(self.measures)
            if name in self.measures[:index]
        ]
        if "mase" in self.measures and not self.baselines:
            refusals.append(Refusal("a baseline, whose error mase is measured by", ("baselines",)))
        if refusals:
            raise validation_error(*refusals)
        return self
