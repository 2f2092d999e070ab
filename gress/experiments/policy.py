"""Value of each metric of an experiment under another policy of assignment, from logged rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conf.experiments.ab_testing import ExperimentSettings
from conf.experiments.verdict import MetricSettings
from gress.experiments.reading.logged_rows import LoggedRows
from jobs.errors import refuse
from state.experiments.policies.snips import PolicyValue, importance_weights, value_under_policy
from udfs.verdicts.settings import verdict_of

_WHOLE = 100.0


@dataclass(frozen=True)
class MetricUnderPolicy:
    """A metric under a policy, beside what was logged.

    Attributes:
        metric: title of the metric.
        logged: mean of the logged rows, as they were assigned.
        under_policy: estimate for the policy.
    """

    metric: str
    logged: float
    under_policy: PolicyValue


def parse_policy(text: str, experiment: ExperimentSettings) -> tuple[float, ...]:
    """Return the share of each variant under a policy, 0..1.

    Args:
        text: ``VARIANT``, which gets all units, or ``VARIANT=SHARE,...`` in percent that sum to 100.
        experiment: has the variants.

    Raises:
        JobError: the text is no policy.

    Example:
        >>> from conf.experiments.ab_testing import ExperimentSettings
        >>> sides = [{"name": name, "model_name": "m", "weight": 50} for name in "ab"]
        >>> parse_policy("b=75,a=25", ExperimentSettings(name="x", strategy="random", variants=sides))
        (0.25, 0.75)
    """
    names = [variant.name for variant in experiment.variants]
    shares = {text: _WHOLE} if text in names else _listed(text, names)
    if abs(sum(shares.values()) - _WHOLE) > 1e-9:
        got = f"{sum(shares.values()):g}"
        refuse(f"policy {text!r}", "shares in percent that sum to 100", got, "such as control=50,treatment=50")
    return tuple(shares.get(name, 0.0) / _WHOLE for name in names)


def values_under_policy(
    experiment: ExperimentSettings, rows: LoggedRows, metrics: Sequence[MetricSettings], shares: Sequence[float]
) -> list[MetricUnderPolicy]:
    """Return the value of each metric but areas, which no weight of rows gives.

    Raises:
        JobError: the policy needs a variant that got no rows.
    """
    for place, variant in enumerate(experiment.variants):
        if shares[place] > 0 and not (rows.arms == place).any():
            refuse(f"policy: variant {variant.name!r}", "a variant that got rows", "none", "choose another one")
    weights = importance_weights(rows.arms, rows.propensity, shares)
    verdict, found = verdict_of(experiment), []
    for place, each in enumerate(metrics):
        if each.of == "auc":
            continue
        values, is_per_unit = rows.answered.values(metrics)[:, place], each.per == "unit"
        logged, under = (
            value_under_policy(
                rows.points,
                values,
                weight,
                is_per_unit=is_per_unit,
                alpha=verdict.alpha,
                planned=verdict.planned_units,
            )
            for weight in (weights * 0 + 1, weights)
        )
        found.append(MetricUnderPolicy(each.title, logged.value, under))
    return found


def _listed(text: str, names: Sequence[str]) -> Mapping[str, float]:
    shares: dict[str, float] = {}
    for part in text.split(","):
        name, _, share = part.rpartition("=")
        try:
            number = float(share.removesuffix("%"))
        except ValueError:
            number = -1.0
        if name not in names or name in shares or not 0 <= number <= _WHOLE:
            expected = f"VARIANT, or VARIANT=SHARE,... in percent, of {', '.join(names)}"
            refuse(f"policy {text!r}", expected, repr(part), "such as control=50,treatment=50")
        shares[name] = number
    return shares
