"""Models that the calls of a query name, each opened when a row first needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from models.registry.errors import RegistryError
from udfs.features.errors import FeatureError
from udfs.scoring.prediction_batch import PredictionBatch
from udfs.sql.arguments import bound_columns
from udfs.sql.open_model import OpenModel, open_model
from udfs.sql.options import NamedModel, SqlOptions
from udfs.sql.routing import routing_of
from udfs.sql.sql_models import SqlModels

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
"""Name and SQL type of each field of a prediction."""


@dataclass(frozen=True)
class Versions:
    """The versions of a call, and whether all were asked for."""

    named: tuple[NamedModel, ...]
    are_all: bool


class NamedModels:
    """The models of one operator's calls.

    A deployed model is followed: a newly promoted version scores the next batch. What is open stays so until ``close``.

    Args:
        options: where models come from.
    """

    def __init__(self, options: SqlOptions) -> None:
        self._models = SqlModels(options)
        self._one: dict[str, NamedModel] = {}
        self._each: dict[str, Versions] = {}
        self._open: dict[NamedModel, OpenModel] = {}
        self._unfit: dict[NamedModel, str] = {}

    def score(self, function: str, reference: Any, arguments: Sequence[Any]) -> PredictionBatch:
        """Return predictions of rows by one model.

        Args:
            function: name of the function that is called, for errors.
            reference: name of the model, as the query gives it.
            arguments: the columns, as ``bound_columns`` takes them.

        Raises:
            ConfigError, FeatureError, ModelError: the model, its settings or the columns are wrong.
        """
        named = self._one.get(reference) if isinstance(reference, str) else None
        if named is None:
            named = self._one[reference] = self._models.one(function, reference)
        return self._score(f"{function}({reference!r})", named, arguments)

    def score_each(
        self, function: str, reference: Any, arguments: Sequence[Any]
    ) -> list[tuple[NamedModel, PredictionBatch | str]]:
        """Return predictions of rows by each version that is named, as ``score`` does for one.

        Returns:
            Each version with its predictions, the lowest first. Of ``name$all`` a version that does not fit the call
            has the reason instead; it is not loaded again to say so.
        """
        where = f"{function}({reference!r})"
        versions = self._each.get(reference) if isinstance(reference, str) else None
        if versions is None:
            named = self._models.find(function, reference)
            versions = self._each[reference] = Versions(self._models.versions(named), named.is_all)
        score = self._score_or_reason if versions.are_all else self._score
        return [(each, score(where, each, arguments)) for each in versions.named]

    def close(self) -> None:
        """Let the models go."""
        for each in self._open.values():
            each.close()
        self._open.clear()

    def _score(self, where: str, named: NamedModel, arguments: Sequence[Any]) -> PredictionBatch:
        found = self._open.get(named)
        if found is None:
            found = self._open[named] = self._opened(named)
        return found.scorer.score(bound_columns(where, found.inputs, arguments))

    def _score_or_reason(self, where: str, named: NamedModel, arguments: Sequence[Any]) -> PredictionBatch | str:
        reason = self._unfit.get(named)
        if reason is None:
            try:
                return self._score(where, named, arguments)
            except RegistryError:
                raise
            except FeatureError as error:
                reason = str(error)
            except ModelError as error:
                reason = self._unfit[named] = str(error)
        return reason

    def _opened(self, named: NamedModel) -> OpenModel:
        settings = self._models.settings(named)
        inputs = tuple(column.name for column in self._models.columns(named))
        return open_model(self._models.choice(named), inputs, routing_of(named, settings))


def prediction_columns(batch: PredictionBatch) -> dict[str, NDArray[Any]]:
    """Return the columns of ``PREDICTION_COLUMNS``, (n,) each."""
    found = batch.columns()
    nothing = np.full(len(found["prediction"]), None, dtype=object)
    return {name: found.get(name, nothing) for name, _ in PREDICTION_COLUMNS}
