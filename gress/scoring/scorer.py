"""Scorer of tables in a user's program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from typing_extensions import Self

from conf.settings import Settings
from gress.scoring.as_table import as_table
from gress.scoring.config import settings_of
from udfs.feature_store.lookups.open_join import open_join
from udfs.features.feature_set import FeatureSet
from udfs.scoring.choice import choose
from udfs.scoring.ladder_options import ladder_options
from udfs.scoring.model_source import open_models
from udfs.scoring.prediction_batch import PredictionBatch
from udfs.scoring.scorer import Scorer as ColumnScorer


class Scorer:
    """A scorer of tables without Flink; ``open`` makes one, and ``close``, or the end of its block, ends it.

    Args:
        scorer: computes features and predictions of columns.
        close: lets the models go.
    """

    def __init__(self, scorer: ColumnScorer, close: Callable[[], None]) -> None:
        self._scorer = scorer
        self._close = close

    @classmethod
    def open(
        cls, registry: str | Path, model: str, version: str = "", *, config: str | Path | Settings | None = None
    ) -> Self:
        """Open a model of a registry.

        Args:
            registry: folder, ``package:NAME`` or URL.
            model: name of the model.
            version: the version that scores; empty: the promoted one, and each that is promoted later, as in a job.
            config: name of a shipped job, file, or settings whose features are computed; None: the columns of a table
                are the model's own inputs.

        Raises:
            ConfigError, FeatureError, JobError: the settings are wrong, have no job, or look up in a feature store
                that is switched off.
            StoreSettingError: the package of the store is not installed.
            ModelError: there is no such model or version, or its inputs do not fit.
        """
        choice = choose(registry, model, version, None if config is None else settings_of(config))
        stored = open_join(choice.ml.feature_store, choice.features)
        models = open_models(choice.ml, choice.inference, choice.features)
        given = choice.inference.feature_fields
        ladder = ladder_options(choice.ml, choice.inference)
        scorer = ColumnScorer(choice.features, models, fields=given, ladder=ladder)
        scorer.look_up_in(stored)
        return cls(scorer, models.close)

    @property
    def features(self) -> FeatureSet:
        """The feature set that is computed."""
        return self._scorer.features

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the columns that a table must have: fields that features or the model read, and windows."""
        return self._scorer.inputs

    def score(self, table: Any) -> PredictionBatch:
        """Return one prediction or one problem per row; a row that a model refuses never costs its table.

        Args:
            table: a pandas or polars frame, an Arrow table, any other object that hands out Arrow data, arrays or lists
                by name, or a list of dicts. Times are datetimes, ISO 8601 text or numbers in the unit of their field,
                milliseconds without one. Columns that are not in ``inputs`` are left alone.

        Raises:
            FeatureError: columns are missing, differ in length or hold values of another type.
            RuntimeError: the scorer is closed.
        """
        scored = self._scorer.score(as_table(table, self.inputs))
        index = getattr(table, "index", None)
        return scored if index is None or not hasattr(table, "iloc") else replace(scored, index=index)

    def close(self) -> None:
        """Let the models go; a second call does nothing."""
        self._scorer.close()
        close, self._close = self._close, _nothing
        close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _nothing() -> None:
    """Do nothing."""
