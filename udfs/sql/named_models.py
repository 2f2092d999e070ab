"""Models and feature sets that the calls of a query name, each opened when a row first needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conf.nearest import suggest
from conf.settings import Settings
from models.errors import ModelError
from models.registry import open_registry
from models.serving.source import ModelSource
from udfs.features.errors import FeatureError
from udfs.features.feature_set import FeatureSet, compile_feature_set
from udfs.functions.batch_scoring import ladder_options
from udfs.scoring.choice import choose
from udfs.scoring.model_source import open_models
from udfs.scoring.plain_columns import plain_columns
from udfs.scoring.prediction_batch import PredictionBatch
from udfs.scoring.scorer import Scorer
from udfs.sql.arguments import bound_columns
from udfs.sql.options import NamedModel, SqlOptions

PREDICTION_COLUMNS = (
    ("prediction", "DOUBLE"),
    ("label", "STRING"),
    ("scores", "ARRAY<DOUBLE>"),
    ("model", "STRING"),
    ("version", "STRING"),
    ("variant", "STRING"),
    ("status", "STRING"),
    ("reason", "STRING"),
)
"""Name and SQL type of what a prediction says."""


@dataclass(frozen=True)
class _Open:
    scorer: Scorer
    models: ModelSource
    inputs: tuple[str, ...]


class NamedModels:
    """The models of one operator's calls.

    A deployed model is followed: a newly promoted version scores the next batch. What is open stays so until ``close``.

    Args:
        options: where models come from.
    """

    def __init__(self, options: SqlOptions) -> None:
        self._options = options
        self._open: dict[str, _Open] = {}

    def score(self, function: str, reference: Any, arguments: Sequence[Any]) -> PredictionBatch:
        """Return predictions of rows.

        Args:
            function: name of the function that is called, for errors.
            reference: name of the model, as the query gives it.
            arguments: the columns, as ``bound_columns`` takes them.

        Raises:
            ConfigError, FeatureError, ModelError: the model, its settings or the columns are wrong.
        """
        where = f"{function}({reference!r})"
        if not isinstance(reference, str):
            raise FeatureError(function, "the name of a model in quotes", type(reference).__name__, "name one model")
        found = self._open.get(reference)
        if found is None:
            found = self._open[reference] = self._opened(reference)
        named = self._options.find(reference)
        return found.scorer.score(bound_columns(where, named.inputs or found.inputs, arguments))

    def close(self) -> None:
        """Let the models go."""
        for each in self._open.values():
            each.scorer.close()
            each.models.close()
        self._open.clear()

    def _opened(self, reference: str) -> _Open:
        named = self._options.find(reference)
        settings = self._options.settings(named.config)
        try:
            choice = choose(self._options.registry_of(settings), named.model, named.version, settings)
        except ModelError as error:
            raise _with_nearest(error, named, self._options, settings) from None
        models = open_models(choice.ml, choice.inference, choice.features)
        ladder = ladder_options(choice.ml, choice.inference)
        scorer = Scorer(choice.features, models, fields=choice.inference.feature_fields, ladder=ladder)
        return _Open(scorer, models, scorer.inputs)


class NamedFeatures:
    """The feature sets of one operator's calls.

    Args:
        options: where settings come from.
    """

    def __init__(self, options: SqlOptions) -> None:
        self._options = options
        self._sets: dict[str, FeatureSet] = {}

    def compute(self, config: Any, arguments: Sequence[Any]) -> NDArray[np.float64]:
        """Return the features of rows, (n, k).

        Args:
            config: name of a shipped job, or path of a file with one.
            arguments: the columns that its features read, as ``bound_columns`` takes them.

        Raises:
            ConfigError, FeatureError: the settings or the columns are wrong.
        """
        if not isinstance(config, str):
            msg = "gress_features"
            raise FeatureError(msg, "settings in quotes", type(config).__name__, "name one feature set")
        features = self._sets.get(config)
        if features is None:
            features = self._sets[config] = self._compiled(config)
        columns = bound_columns(f"gress_features({config!r})", features.inputs, arguments)
        return np.asarray(features.transform(plain_columns(columns, features.inputs, features.fields)), np.float64)

    def _compiled(self, config: str) -> FeatureSet:
        job = self._options.settings(config).job
        if job is None:
            raise FeatureError(config, "a `job:` with features", "none", "name the settings of a job")
        return compile_feature_set(job.features, job.events)


def prediction_columns(batch: PredictionBatch) -> dict[str, NDArray[Any]]:
    """Return the columns of ``PREDICTION_COLUMNS``, (n,) each."""
    found = batch.columns()
    nothing = np.full(len(found["prediction"]), None, dtype=object)
    return {name: found.get(name, nothing) for name, _ in PREDICTION_COLUMNS}


def _with_nearest(error: ModelError, named: NamedModel, options: SqlOptions, settings: Settings) -> ModelError:
    """Return the error of a model that is not there with the nearest names, of the query's own models, too."""
    registry = settings.ml.model_registry.model_copy(update={"base_path": options.registry_of(settings)})
    try:
        names = open_registry(registry).names()
    except ModelError:
        return error
    if named.model in names:
        return error
    hint = suggest(named.model, (*names, *options.models)) or f"known are {', '.join((*options.models, *names))}"
    return ModelError(error.subject, error.problem, hint)
