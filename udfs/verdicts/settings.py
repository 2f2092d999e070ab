"""Settings of a verdict, as the keyed steps take them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from conf.experiments.ab_testing import ExperimentSettings
from conf.experiments.verdict import MetricSettings, VerdictSettings
from conf.experiments.weights_at import weights_at
from state.experiments.evidence.inputs import Limits
from state.experiments.evidence.metric import Metric
from state.verdicts.bandits.rewards import Bandit
from state.verdicts.judged import Judged
from state.verdicts.judging.trial import Measured, Ramp, Trial
from udfs.experiments.split import variant_intervals
from udfs.verdicts.paired import CANDIDATE, treatments

_OF_OUTCOMES: Mapping[str, Literal["all", "positive"]] = MappingProxyType(
    {"log_loss": "all", "auc": "all", "label": "positive"}
)
_EVENTS = "each event is a unit"


def verdict_of(experiment: ExperimentSettings) -> VerdictSettings:
    """Return the settings of a verdict, which the caller knows to be there."""
    if experiment.verdict is None:
        msg = f"experiment {experiment.name!r}: expected a verdict, got none"
        raise ValueError(msg)
    return experiment.verdict


def judged(experiment: ExperimentSettings) -> Judged:
    """Return the settings that the shards need."""
    verdict = verdict_of(experiment)
    per_unit = tuple(metric.per == "unit" for metric in verdict.metrics)
    has_area = any(metric.of == "auc" for metric in verdict.metrics)
    arms_of, described, assigns_events = PointArms(experiment), _described(experiment), experiment.unit is None
    bandit_arms = 0 if experiment.bandit is None else len(experiment.variants)
    return Judged(per_unit, verdict.interval_ms, arms_of, has_area, described, assigns_events, bandit_arms)


def _described(experiment: ExperimentSettings) -> str:
    """Return the settings that the sums of an experiment depend on, as text."""
    shares = weights_at(experiment)
    arms = (f"{each.name} {float(shares[each.name]):g}{'' if each.enabled else ' off'}" for each in experiment.variants)
    metrics = (f"{each.title} of {each.field or each.of} per {each.per}" for each in verdict_of(experiment).metrics)
    of = f"; {_EVENTS}" if experiment.unit is None else ""
    kind = "" if experiment.bandit is None else "bandit; "
    return f"{kind}variants {', '.join(arms)}; metrics {', '.join(metrics)}{of}"


@dataclass(frozen=True)
class PointArms:
    """The variants of points, by their places in an experiment."""

    experiment: ExperimentSettings

    def __call__(self, points: NDArray[np.uint64], shares: tuple[float, ...]) -> NDArray[np.int64]:
        """Return the variant of each point at some shares, which sum to 1."""
        names = (variant.name for variant in self.experiment.variants)
        percent = {name: Fraction(str(share)) * 100 for name, share in zip(names, shares, strict=True)}
        return variant_intervals(self.experiment, percent).owners_of(points).astype(np.int64)


def trial(experiment: ExperimentSettings) -> Trial:
    """Return the settings that the judge needs; alpha is shared out among several treatments."""
    verdict, variants = verdict_of(experiment), experiment.variants
    enabled = tuple(place for place, each in enumerate(variants) if each.enabled)
    alpha = verdict.alpha / max(len(enabled) - 1, 1)
    metrics = tuple(
        _measured(each, alpha, verdict.planned_units, verdict.max_units if each.role == "goal" else None)
        for each in verdict.metrics
    )
    control = variants.index(experiment.default)
    limits = Limits(verdict.sample_ratio_p, silent_ms=verdict.max_silence_ms)
    names = tuple(each.name for each in variants)
    ramp, bandit = _ramp(experiment), _bandit(experiment)
    return Trial(experiment.name, names, control, enabled, metrics, limits, ramp, bandit=bandit)


def _ramp(experiment: ExperimentSettings) -> Ramp | None:
    if experiment.ramp is None:
        return None
    settings, arm = experiment.ramp, experiment.variants.index(experiment.ramped)
    return Ramp(arm, settings.steps[-1] / 100, settings.hold_ms, settings.min_units)


def _bandit(experiment: ExperimentSettings) -> Bandit | None:
    settings, verdict = experiment.bandit, verdict_of(experiment)
    if settings is None:
        return None
    goal = [metric.title for metric in verdict.metrics].index(settings.goal)
    is_loss = verdict.metrics[goal].side == "lower"
    rules = (settings.floor, settings.min_units, verdict.alpha, verdict.planned_units)
    return Bandit(goal, settings.goal, is_loss, *rules)


def _measured(each: MetricSettings, alpha: float, planned: int, most: int | None = None) -> Measured:
    metric = Metric(each.title, each.role, each.side, each.margin, alpha, planned, most)
    return Measured(metric, each.of == "auc", each.of == "errors", _OF_OUTCOMES.get(each.of))


def paired_judged(experiment: ExperimentSettings) -> Judged:
    """Return the settings that the shards need for an experiment's paired outcomes."""
    interval_ms, assigns_events = verdict_of(experiment).interval_ms, experiment.unit is None
    described = _EVENTS if assigns_events else ""
    return Judged((False,), interval_ms, one_arm, described=described, assigns_events=assigns_events)


def paired_trial(experiment: ExperimentSettings, treatment: str) -> Trial:
    """Return the settings that the judge needs for the paired outcomes of a treatment."""
    verdict = verdict_of(experiment)
    metric = next(each for each in verdict.metrics if each.of == "log_loss")
    alpha = verdict.alpha / len(treatments(experiment))
    names = (treatment, experiment.default.name)
    limits = Limits(verdict.sample_ratio_p, silent_ms=verdict.max_silence_ms)
    measured = (_measured(metric, alpha, verdict.planned_units),)
    return Trial(experiment.name, names, 1, (0, 1), measured, limits, is_paired=True)


def one_arm(points: NDArray[np.uint64], shares: tuple[float, ...]) -> NDArray[np.int64]:
    """Return the same arm for each point: both models score it."""
    return np.full(len(points), CANDIDATE, np.int64)
