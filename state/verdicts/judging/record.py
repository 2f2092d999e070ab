"""Record of a look at a treatment, with every number that the verdict rests on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from state.experiments.evidence.metric import Metric
    from state.experiments.verdict import Verdict
    from state.verdicts.cells import Cells
    from state.verdicts.judging.trial import Trial


def record_of(trial: Trial, arm: int, at_ms: int, at: tuple[int, Cells], verdict: Verdict) -> dict[str, Any]:
    """Return the record of a look at a treatment.

    Args:
        trial: the experiment.
        arm: place of the treatment.
        at_ms: event time of the look.
        at: the present step, and the sums of all steps.
        verdict: verdict of the look.
    """
    step, cells = at
    arms = (arm,) if trial.is_paired else (arm, trial.control)
    return {
        "experiment": trial.name,
        "variant": trial.variants[arm],
        "control": trial.variants[trial.control],
        "looked_at": at_ms,
        "step": step,
        "action": verdict.action,
        "reasons": list(verdict.reasons),
        "numbers": {name: _finite(value) for name, value in verdict.numbers.items()},
        "is_paired": trial.is_paired,
        "arms": {trial.variants[each]: _of_variant(trial, cells, each) for each in arms},
        "rules": _rules(trial, cells.shares.get(step)),
    }


def _rules(trial: Trial, shares: tuple[float, ...] | None) -> dict[str, Any]:
    """Return the settings that explain a record's numbers: part and margin of each metric, limits, planned shares."""
    planned = {arm: shares[arm] for arm in trial.enabled} if shares is not None else {}
    total = sum(planned.values())
    return {
        "metrics": {each.metric.name: _rule(each.metric) for each in trial.metrics},
        "sample_ratio_p": trial.limits.sample_ratio_p,
        "shares": {trial.variants[arm]: share / total for arm, share in planned.items() if total > 0},
    }


def _rule(metric: Metric) -> dict[str, Any]:
    found = {name: getattr(metric, name) for name in ("role", "better", "margin", "alpha", "planned")}
    return found if metric.most is None else {**found, "max_units": metric.most}


def _of_variant(trial: Trial, cells: Cells, arm: int) -> dict[str, Any]:
    """Return the value of each metric of a variant, over all steps."""
    own = [cell for (each, _), cell in sorted(cells.cells.items()) if each == arm]
    made: dict[str, Any] = {"units": sum(cell.units for cell in own)}
    if trial.is_paired:
        return made
    for place, measured in enumerate(trial.metrics):
        if measured.is_area:
            counted = [cell.scores for cell in own if cell.scores is not None]
            value = sum(counted[1:], counted[0]).area if counted else math.nan
        else:
            moments = sum((cell.moments[place] for cell in own[1:]), own[0].moments[place]) if own else None
            value = math.nan if moments is None else float(moments.ratio)
        made[measured.metric.name] = _finite(value)
    return made


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
