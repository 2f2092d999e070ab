"""Models that calls explain, each opened when a row first needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import fail
from models.scoring.inputs import Inputs
from models.scoring.loaded import LoadedModel
from udfs.explanations.affine import Affine
from udfs.explanations.background import background_rows
from udfs.explanations.shapley import Contributions, sampled_contributions
from udfs.scoring.prediction_batch import PredictionBatch
from udfs.sql.arguments import bound_columns
from udfs.sql.open_model import OpenModel, open_model
from udfs.sql.options import SqlOptions
from udfs.sql.routing import routing_of
from udfs.sql.sql_models import SqlModels
from udfs.sql_aggregates.drifting_models import fitting_baseline

FUNCTION = "gress_explain"
EXPLANATION_COLUMNS = (
    ("feature", "STRING"),
    ("value", "DOUBLE"),
    ("contribution", "DOUBLE"),
    ("place", "INT"),
    ("base", "DOUBLE"),
    ("prediction", "DOUBLE"),
    ("scale", "STRING"),
    ("model", "STRING"),
    ("version", "STRING"),
    ("status", "STRING"),
    ("reason", "STRING"),
)
"""Name and SQL type of each field of an explanation of one feature."""

_BACKGROUND = 64


@dataclass(frozen=True)
class _Training:
    """Background rows of a version, and its weights if it is linear."""

    background: NDArray[np.float32]
    affine: Affine | None


@dataclass
class _Open:
    """A model that is open, its features, and the training of its versions that served so far."""

    model: OpenModel
    features: tuple[str, ...]
    training: dict[str, _Training] = field(default_factory=dict)


class ExplainedModels:
    """The models of one operator's calls; an open model stays open until ``close``, and promotions are followed.

    Args:
        options: where models come from.
    """

    def __init__(self, options: SqlOptions) -> None:
        self._models = SqlModels(options)
        self._open: dict[str, _Open] = {}

    def explain(self, reference: Any, arguments: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Return a row of ``EXPLANATION_COLUMNS`` for each feature of one row, the largest contribution first.

        A row that has no prediction has one row, which says why.

        Args:
            reference: name of the model, as the query gives it.
            arguments: columns of one row, as ``bound_columns`` takes them.

        Raises:
            ConfigError, FeatureError, ModelError: the model, its settings or the columns are wrong, or it has no
                baseline, or one of other features, or reads more than features.
        """
        found = self._open.get(reference) if isinstance(reference, str) else None
        if found is None:
            found = self._open[reference] = self._opened(reference)
        where = f"{FUNCTION}({reference!r})"
        batch = found.model.scorer.score(bound_columns(where, found.model.inputs, arguments))
        # The variant that answers a row explains it.
        arm = batch.answers[0].arm if batch.answers else None
        with found.model.models[arm].lease() as model:
            training = found.training.get(model.spec.ref)
            if training is None:
                training = found.training[model.spec.ref] = _training(where, model, found.features)
            return _rows(model, training, batch, found.features)

    def close(self) -> None:
        """Let the models go."""
        for each in self._open.values():
            each.model.close()
        self._open.clear()

    def _opened(self, reference: Any) -> _Open:
        named = self._models.one(FUNCTION, reference)
        inputs = tuple(column.name for column in self._models.columns(named))
        choice = self._models.choice(named)
        routing = routing_of(named, self._models.settings(named))
        return _Open(open_model(choice, inputs, routing), choice.inference.feature_fields or choice.features.columns)


def _training(where: str, model: LoadedModel, features: tuple[str, ...]) -> _Training:
    if model.raw_fields:
        got = f"reads {', '.join(model.raw_fields)} beside its features, of which no baseline tells"
        fail(f"{where}: {model.spec.ref}", got, "explain a model of features alone")
    baseline = fitting_baseline(where, model.spec, features)
    background = background_rows(baseline, _BACKGROUND)
    probes = background_rows(baseline, max(_BACKGROUND, 4 * (len(features) + 1)))
    return _Training(background, Affine.find(_score(model), probes))


def _score(model: LoadedModel) -> Any:
    return lambda matrix: model.predict(Inputs(matrix)).prediction


def _rows(
    model: LoadedModel, training: _Training, batch: PredictionBatch, features: tuple[str, ...]
) -> list[tuple[Any, ...]]:
    said = {name: values[0] for name, values in batch.columns().items() if name in ("status", "reason")}
    about = (model.spec.name, model.spec.version, said.get("status"), said.get("reason"))
    if not np.isfinite(batch.prediction[0]):
        return [(None, None, None, None, None, None, None, *about)]
    row = batch.matrix[0].astype(np.float32)
    prediction = float(_score(model)(row[np.newaxis])[0])
    found = _explained(model, training, row)
    order = np.argsort(-np.abs(found.values), kind="stable")
    return [
        (
            features[place],
            _number(row[place]),
            _number(found.values[place]),
            rank,
            _number(found.base),
            _number(prediction),
            found.scale,
            *about,
        )
        for rank, place in enumerate(order.tolist(), 1)
    ]


def _explained(model: LoadedModel, training: _Training, row: NDArray[np.float32]) -> Contributions:
    if training.affine is not None and np.isfinite(row).all():
        return training.affine.contributions(row)
    return sampled_contributions(_score(model), row, training.background)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
