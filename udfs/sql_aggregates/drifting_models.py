"""Models with a baseline that calls name, each opened when a group first needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.errors import fail
from models.spec import ModelSpec
from state.drift.histograms import Histograms
from udfs.features.errors import FeatureError
from udfs.scoring.prediction_batch import PredictionBatch
from udfs.sql.arguments import bound_columns
from udfs.sql.open_model import OpenModel, open_model
from udfs.sql.options import NamedModel, SqlOptions
from udfs.sql.routing import routing_of
from udfs.sql.sql_models import SqlModels
from udfs.sql_aggregates.window_drift import DriftLimits, drift_of, fits

FUNCTION = "gress_drift"


@dataclass
class _Open:
    """A model that is open, its limits, and the baselines of its versions that served so far."""

    model: OpenModel
    limits: DriftLimits
    features: tuple[str, ...]
    baselines: dict[str, Histograms] = field(default_factory=dict)


class DriftingModels:
    """The models of one operator's calls; an open model stays open until ``close``.

    A deployed model is followed: groups that come after a promotion are compared with the new version's training.

    Args:
        options: where models come from.
    """

    def __init__(self, options: SqlOptions) -> None:
        self._models = SqlModels(options)
        self._open: dict[Any, _Open] = {}

    def compare(self, reference: Any, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the figures of ``DRIFT_COLUMNS`` for one group.

        Args:
            reference: name of the model, as the query gives it.
            rows: fields of each row, in the order of ``gress_predict`` or by its names.

        Raises:
            ConfigError, FeatureError, ModelError: the model, its settings or the columns are wrong, or it has no
                baseline, or one of other features.
        """
        import pandas as pd

        found = self._open.get(reference)
        if found is None:
            found = self._open[reference] = self._opened(reference)
        where = f"{FUNCTION}({reference!r})"
        frame = pd.DataFrame(rows) if rows else pd.DataFrame(columns=list(found.model.inputs), dtype=float)
        batch = found.model.scorer.score(bound_columns(where, found.model.inputs, [frame]))
        return drift_of(batch, self._baseline(where, found, batch), found.limits)

    def close(self) -> None:
        """Let the models go."""
        for each in self._open.values():
            each.model.close()
        self._open.clear()

    def _opened(self, reference: Any) -> _Open:
        named = drifting_model(self._models, reference)
        inputs = tuple(column.name for column in self._models.columns(named))
        choice, limits = self._models.choice(named), DriftLimits.of(self._models.settings(named).ml.drift)
        return _Open(open_model(choice, inputs), limits, choice.inference.feature_fields or choice.features.columns)

    def _baseline(self, where: str, found: _Open, batch: PredictionBatch) -> Histograms:
        spec = batch.answers[0].answer.spec
        if spec.ref not in found.baselines:
            found.baselines[spec.ref] = fitting_baseline(where, spec, found.features)
        return found.baselines[spec.ref]


def drifting_model(models: SqlModels, reference: object) -> NamedModel:
    """Return the model of a call.

    Raises:
        ConfigError, FeatureError, ModelError: as ``SqlModels.find``; or the call names all versions, or a model whose
            rows an experiment splits: variants have baselines of their own.
    """
    where, named = f"{FUNCTION}({reference!r})", models.find(FUNCTION, reference)
    if named.is_all:
        raise FeatureError(where, "one version", "all of them", "call it once for each version")
    if (routing := routing_of(named, models.settings(named))) is not None:
        names = ", ".join(each.name for each in routing.experiments)
        fix = f"name the version of a variant, as in '{named.model}$1.0.0', and select its rows"
        raise FeatureError(where, "one version", f"the variants of {names}", fix)
    return named


def baseline_of(where: str, spec: ModelSpec) -> Histograms:
    """Return the baseline of a version.

    Raises:
        ModelError: it has none, or one that cannot be read.
    """
    if spec.baseline is None:
        fail(f"{where}: {spec.ref}", "has no baseline to compare with", "register it with --baseline")
    try:
        return Histograms.from_json(spec.baseline)
    except (KeyError, TypeError, ValueError) as error:
        fail(
            f"{where}: {spec.ref}", f"has a baseline that cannot be read: {error}", "register it again with --baseline"
        )


def fitting_baseline(where: str, spec: ModelSpec, features: tuple[str, ...]) -> Histograms:
    """Return the baseline of a version that is given some features.

    Raises:
        ModelError: as ``baseline_of``; or it is one of other features.
    """
    baseline = baseline_of(where, spec)
    if not fits(baseline, features):
        names = ", ".join(column.name for column in baseline.columns)
        got = f"has a baseline of {names}, expected {', '.join(features)} and one score"
        fail(f"{where}: {spec.ref}", got, "register it again with --baseline")
    return baseline


def check_baseline(where: str, models: SqlModels, reference: object) -> None:
    """Refuse a call of a model without a baseline; it is not opened.

    Raises:
        ConfigError, FeatureError, ModelError: as ``drifting_model`` and ``baseline_of``.
    """
    baseline_of(where, models.spec(drifting_model(models, reference)))
