"""Looks at an experiment: sums of all shards in, records of verdicts out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import orjson

from state.experiments.area_difference import area_difference
from state.experiments.difference import difference
from state.experiments.evidence.inputs import Inputs, Limits, Step, Traffic
from state.experiments.evidence.metric import Metric, MetricEvidence
from state.experiments.moments import Moments
from state.experiments.rates import least_se
from state.experiments.sample_ratio import SampleRatio
from state.experiments.strata import combine_strata
from state.experiments.verdict import Verdict, reach_verdict
from state.verdicts.bandits.rewards import Bandit, compare_rounds, live_arms
from state.verdicts.bandits.reweighing import described, reasons_of, reweigh
from state.verdicts.cells import Cell, Cells, together
from state.verdicts.versions import check_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VERSION = 1
_NEVER = -(2**63)
_CLOSE = 1e-9
LEAST_OUTCOMES = 25
"""Units, and outcomes of a kind, that a variant needs: with one fraud in a thousand rows, losses are all alike."""


@dataclass(frozen=True)
class Measured:
    """A metric, and how its difference is found.

    Attributes:
        metric: the metric and its part in the verdict.
        is_area: it is the area under the ROC curve.
        is_share: it is a share of events, which may be 0 in both variants.
        of_outcomes: it is of outcomes: ``all`` kinds are needed, or ``positive`` ones alone; None: it is of no outcome.
    """

    metric: Metric
    is_area: bool = False
    is_share: bool = False
    of_outcomes: Literal["all", "positive"] | None = None


@dataclass(frozen=True)
class Ramp:
    """A ramp as the judge knows it.

    Attributes:
        arm: place of the variant that grows.
        last_share: its share at the last step, 0..1.
        hold_ms: time that a step lasts at least.
        least_units: units that a step takes at least.
    """

    arm: int
    last_share: float
    hold_ms: int
    least_units: int


@dataclass(frozen=True)
class Trial:
    """An experiment as its judge knows it.

    Attributes:
        name: of the experiment.
        variants: names of the variants, in their order.
        control: place of the default variant.
        enabled: places of the variants that are switched on.
        metrics: in the order of the sums.
        limits: limits of doubt.
        ramp: steps in which a variant grows; None: there are none.
        bandit: rules by which the weights follow what the variants are worth; None: they do not.
        is_paired: its values are differences on the same rows, treatment less control, all of the treatment's arm.
    """

    name: str
    variants: tuple[str, ...]
    control: int
    enabled: tuple[int, ...]
    metrics: tuple[Measured, ...]
    limits: Limits = field(default_factory=Limits)
    ramp: Ramp | None = None
    is_paired: bool = False
    bandit: Bandit | None = None

    @property
    def treatments(self) -> tuple[int, ...]:
        """Places of the variants that are compared with the default one."""
        return tuple(arm for arm in self.enabled if arm != self.control)


class Judge:
    """The looks at one experiment so far.

    Args:
        trial: the experiment.

    Attributes:
        looked_at: event time of the last look; sums that come later are for this look again, never for one before, at
            which those of other shards are gone.
    """

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._evidence = {arm: [MetricEvidence(each.metric) for each in trial.metrics] for arm in trial.treatments}
        self._ratio = SampleRatio()
        self._steps: list[int] = []
        self._units: dict[tuple[int, int], int] = {}
        self.looked_at = _NEVER

    def look(self, parts: Iterable[bytes], at_ms: int) -> list[dict[str, Any]]:
        """Judge each treatment by the sums of all shards, and return a record for each.

        Args:
            parts: sums of the shards, as ``Cells.to_bytes`` gives them.
            at_ms: event time of the look.
        """
        cells = together(map(Cells.from_bytes, parts), len(self._trial.metrics))
        self._count_assigned(cells)
        self.looked_at = at_ms
        # A variant without units may be a shadow, of which the split says nothing.
        judged = (arm for arm in self._trial.treatments if any(shares[arm] for shares in cells.shares.values()))
        if self._trial.bandit is None:
            return [self._judge(cells, arm, at_ms) for arm in judged]
        live = live_arms(cells, self._trial.enabled)
        return self._with_weights(cells, [self._judge(cells, arm, at_ms) for arm in judged if arm in live])

    def _with_weights(self, cells: Cells, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Add to the records what the look says of a bandit's weights; they stay where anything else is to be done."""
        trial = self._trial
        if trial.bandit is None or not records:
            return records
        is_quiet = all(record["action"] == "continue" for record in records)
        doubt = self._doubt(cells) if is_quiet else "as the experiment is in doubt or does harm"
        found = reweigh(trial.bandit, cells, trial.enabled, doubt=doubt)
        said = list(reasons_of(found, trial.bandit, trial.variants))
        gone = [trial.variants[arm] for arm in trial.enabled if not cells.shares[max(cells.shares)][arm]]
        said += [f"the split is not tested any more, as {', '.join(gone)} has no share"] if gone else []
        added: dict[str, Any] = {"bandit": described(found, trial.bandit, trial.variants)}
        if not found.waits:
            return [{**record, **added, "action": "reweigh", "reasons": said} for record in records]
        return [{**record, **added, "reasons": [*record["reasons"], *said]} for record in records]

    def _doubt(self, cells: Cells) -> str:
        """Return why rewards that are no rates tell nothing yet, in words; empty: they do."""
        bandit = self._trial.bandit
        if bandit is None or not cells.fractions[bandit.goal]:
            return ""
        measured = self._trial.metrics[bandit.goal]
        is_known = all(_has_outcomes(cells, measured, (arm,)) for arm in live_arms(cells, self._trial.enabled))
        return "" if is_known else f"until each variant has {LEAST_OUTCOMES} outcomes of each kind"

    def _judge(self, cells: Cells, arm: int, at_ms: int) -> dict[str, Any]:
        trial = self._trial
        evidence = self._evidence[arm]
        for place, each in enumerate(trial.metrics):
            arms = (arm, trial.control)
            compared = arms[:1] if trial.is_paired else arms
            found = _of_pairs(cells, place) if trial.is_paired else _compared(cells, place, trial, arms)
            if _has_events(cells, place, each, compared) and _has_outcomes(cells, each, compared):
                evidence[place] = evidence[place].updated(*found)
            else:
                evidence[place] = replace(evidence[place], difference=found[0], se=found[1], clock=found[2])
        step = max(cells.shares, default=0)
        own, other = (self._of_arm(cells, each) for each in (arm, trial.control))
        # Labels that come later bring looks on when there are no more events at all, and then no arm is silent.
        latest = max((cell.last_ms for cell in cells.cells.values()), default=at_ms)
        silent = min(at_ms, latest) - min(own.last_ms, other.last_ms) if own.units and other.units else 0
        if cells.shares and not cells.shares[step][trial.control]:
            silent = 0  # at the last step nobody is left for the control
        traffic = Traffic(own.units, other.units, own.in_both + other.in_both, max(silent, 0), self._ratio.p)
        inputs = Inputs(tuple(evidence), traffic, self._step(cells, arm, step, at_ms), trial.limits)
        verdict = reach_verdict(inputs, is_bandit=trial.bandit is not None)
        return _record(trial, arm, at_ms, (step, cells), verdict)

    def _step(self, cells: Cells, arm: int, step: int, at_ms: int) -> Step:
        """Return the step of the ramp; a variant that does not grow is at its last one."""
        share = cells.shares[step][arm] if cells.shares else math.nan
        ramp, units = self._trial.ramp, cells.active.get(step, 0)
        if ramp is None or ramp.arm != arm:
            return Step(share, True, 0, 0, units, 0)
        begun = min((cell.first_ms for (_, each), cell in cells.cells.items() if each == step), default=at_ms)
        return Step(share, share >= ramp.last_share - _CLOSE, at_ms - begun, ramp.hold_ms, units, ramp.least_units)

    def _count_assigned(self, cells: Cells) -> None:
        """Take the units that were assigned since the last look to the test of the split."""
        for step, shares in sorted(cells.shares.items()):
            planned = tuple(shares[arm] for arm in self._trial.enabled)
            if len(planned) < 2 or min(planned) <= 0:
                continue
            if step not in self._steps:
                self._steps.append(step)
                total = sum(planned)
                self._ratio = self._ratio.with_step(tuple(share / total for share in planned))
            new = []
            for arm in self._trial.enabled:
                units = cells.cell(arm, step).assigned
                new.append(units - self._units.get((arm, step), 0))
                self._units[arm, step] = units
            if any(new):
                self._ratio = self._ratio.updated(tuple(new), self._steps.index(step))

    def _of_arm(self, cells: Cells, arm: int) -> Cell:
        """Return the units of a variant over all steps."""
        made = Cell([], [])
        for (own, _), cell in cells.cells.items():
            if own == arm:
                made.units += cell.units
                made.in_both += cell.in_both
                made.last_ms = max(made.last_ms, cell.last_ms)
        return made

    def to_bytes(self) -> bytes:
        """Return what the looks have shown, as bytes."""
        return orjson.dumps(
            {
                "version": VERSION,
                "evidence": [[arm, [_listed(each) for each in found]] for arm, found in self._evidence.items()],
                "ratio": self._ratio.pack().tolist(),
                "steps": self._steps,
                "looked_at": self.looked_at,
                "units": [[*key, units] for key, units in self._units.items()],
            }
        )

    def restore(self, data: bytes) -> None:
        """Take what ``to_bytes`` wrote; evidence on metrics that are new begins anew.

        Raises:
            ValueError: it is of another version of the format.
        """
        said = orjson.loads(data)
        check_version("judge", said["version"], VERSION, "start the experiment under another name")
        for arm, listed in said["evidence"]:
            if arm in self._evidence:
                known = dict(listed)
                self._evidence[arm] = [
                    MetricEvidence.unpack(each.metric, _numbers(known[each.metric.name]))
                    if each.metric.name in known
                    else MetricEvidence(each.metric)
                    for each in self._trial.metrics
                ]
        self._ratio = SampleRatio.unpack(said["ratio"])
        self._steps, self.looked_at = said["steps"], said["looked_at"]
        self._units = {(arm, step): units for arm, step, units in said["units"]}


def _has_events(cells: Cells, metric: int, measured: Measured, arms: tuple[int, ...]) -> bool:
    """Return whether each variant has enough units with a value; an area has no values of its own."""
    counts = (
        sum(float(cell.moments[metric].count) for (each, _), cell in cells.cells.items() if each == arm) for arm in arms
    )
    return measured.is_area or all(count >= LEAST_OUTCOMES for count in counts)


def _has_outcomes(cells: Cells, measured: Measured, arms: tuple[int, ...]) -> bool:
    """Return whether each variant has enough outcomes of each kind for a standard error that means something."""
    if measured.of_outcomes is None:
        return True
    for arm in arms:
        own = [cell for (each, _), cell in cells.cells.items() if each == arm]
        positives, negatives = sum(cell.positives for cell in own), sum(cell.negatives for cell in own)
        may_lack = measured.of_outcomes == "positive" and not negatives
        if positives < LEAST_OUTCOMES or not (negatives >= LEAST_OUTCOMES or may_lack):
            return False
    return True


def _of_pairs(cells: Cells, metric: int) -> tuple[float, float, float]:
    """Return mean difference, standard error and clock of a metric whose values are differences."""
    own = [cell for _, cell in sorted(cells.cells.items())]
    if not own:
        return math.nan, math.nan, 0.0
    moments = sum((cell.moments[metric] for cell in own[1:]), own[0].moments[metric])
    se = math.sqrt(float(moments.variance_of_ratio))
    return float(moments.ratio), se, sum(cell.events[metric] for cell in own)


def _compared(cells: Cells, metric: int, trial: Trial, arms: tuple[int, int]) -> tuple[float, float, float]:
    """Return difference, standard error and clock of a metric over all steps."""
    measured, found = trial.metrics[metric], []
    if trial.bandit is not None:
        of_rounds = compare_rounds(cells, metric, arms, is_share=measured.is_share)
        return of_rounds.difference, of_rounds.se, of_rounds.clock
    for step in sorted(cells.shares):
        of_step = dict(cells.at(step))
        if all(arm in of_step for arm in arms):
            found.append(_difference(of_step[arms[0]], of_step[arms[1]], metric, measured))
    if not found:
        return math.nan, math.nan, 0.0
    if len(found) == 1:
        effect, se, treated, control = found[0]
        return effect, se, treated + control
    combined = combine_strata(*np.array(found).T)
    return float(combined.difference), float(combined.se), float(combined.clock)


def _difference(treatment: Cell, control: Cell, metric: int, measured: Measured) -> tuple[float, float, float, float]:
    """Return difference, standard error, and the clocks of treatment and control at one step."""
    if measured.is_area:
        if treatment.scores is None or control.scores is None:
            return math.nan, math.nan, 0.0, 0.0
        area = area_difference(treatment.scores, control.scores)
        return area.difference, area.se, area.clock / 2, area.clock / 2
    found = difference(treatment.moments[metric], control.moments[metric])
    se = float(found.se)
    if measured.is_share and math.isfinite(se):
        se = max(se, _least_se(treatment.moments[metric]), _least_se(control.moments[metric]))
    return float(found.difference), se, treatment.events[metric], control.events[metric]


def _least_se(arm: Moments) -> float:
    return least_se(float(arm.ratio), float(arm.count))


def _record(trial: Trial, arm: int, at_ms: int, at: tuple[int, Cells], verdict: Verdict) -> dict[str, Any]:
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
    """Return what the numbers of a record are to be read by: part and margin of each metric, limits, planned shares."""
    planned = {arm: shares[arm] for arm in trial.enabled} if shares is not None else {}
    total = sum(planned.values())
    return {
        "metrics": {each.metric.name: _rule(each.metric) for each in trial.metrics},
        "sample_ratio_p": trial.limits.sample_ratio_p,
        "shares": {trial.variants[arm]: share / total for arm, share in planned.items() if total > 0},
    }


def _rule(metric: Metric) -> dict[str, Any]:
    return {name: getattr(metric, name) for name in ("role", "better", "margin", "alpha", "planned")}


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


def _listed(evidence: MetricEvidence) -> list[Any]:
    """Return name and numbers of evidence; infinity is not JSON."""
    return [evidence.metric.name, [repr(value) for value in evidence.pack().tolist()]]


def _numbers(texts: Mapping[str, Any] | list[str]) -> list[float]:
    return [float(text) for text in texts]
