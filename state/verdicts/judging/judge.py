"""Looks at an experiment: sums of all shards in, records of verdicts out."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson

from state.experiments.evidence.inputs import Inputs, Step, Traffic
from state.experiments.evidence.metric import MetricEvidence
from state.experiments.sample_ratio import SampleRatio
from state.experiments.verdict import reach_verdict
from state.verdicts.bandits.rewards import live_arms
from state.verdicts.bandits.reweighing import described, reasons_of, reweigh
from state.verdicts.cells import Cell, Cells, together
from state.verdicts.judging.compared import (
    LEAST_OUTCOMES,
    difference_of_arms,
    difference_of_pairs,
    has_events,
    has_outcomes,
)
from state.verdicts.judging.group_looks import GroupLooks
from state.verdicts.judging.record import record_of
from state.verdicts.versions import check_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from state.verdicts.judging.trial import Trial

VERSION = 1
_NEVER = -(2**63)
_CLOSE = 1e-9


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
        self._group_looks = GroupLooks()
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
        """Add a bandit's new weights to the records; the weights stay where another action comes first."""
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
        """Return why rewards that are no rates cannot be used yet; empty: they can."""
        bandit = self._trial.bandit
        if bandit is None or not cells.fractions[bandit.goal]:
            return ""
        measured = self._trial.metrics[bandit.goal]
        is_known = all(has_outcomes(cells, measured, (arm,)) for arm in live_arms(cells, self._trial.enabled))
        return "" if is_known else f"until each variant has {LEAST_OUTCOMES} outcomes of each kind"

    def _judge(self, cells: Cells, arm: int, at_ms: int) -> dict[str, Any]:
        trial = self._trial
        evidence = self._evidence[arm]
        for place, each in enumerate(trial.metrics):
            arms = (arm, trial.control)
            compared = arms[:1] if trial.is_paired else arms
            found = (
                difference_of_pairs(cells, place) if trial.is_paired else difference_of_arms(cells, place, trial, arms)
            )
            if has_events(cells, place, each, compared) and has_outcomes(cells, each, compared):
                boundary = self._group_looks.boundary(arm, each.metric, found[2])
                evidence[place] = evidence[place].updated(*found, boundary)
            else:
                evidence[place] = replace(evidence[place], difference=found[0], se=found[1], clock=found[2])
        step = max(cells.shares, default=0)
        own, other = (self._of_arm(cells, each) for each in (arm, trial.control))
        # Labels that come later bring looks on when there are no more events at all, and then no arm is silent.
        latest = max((cell.last_ms for cell in cells.cells.values()), default=at_ms)
        silent = min(at_ms, latest) - min(own.last_ms, other.last_ms) if own.units and other.units else 0
        if cells.shares and not cells.shares[step][trial.control]:
            silent = 0  # the last step leaves no unit to the control
        traffic = Traffic(own.units, other.units, own.in_both + other.in_both, max(silent, 0), self._ratio.p)
        inputs = Inputs(tuple(evidence), traffic, self._step(cells, arm, step, at_ms), trial.limits)
        verdict = reach_verdict(inputs, is_bandit=trial.bandit is not None)
        return record_of(trial, arm, at_ms, (step, cells), verdict)

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
        """Return the evidence of the looks, as bytes."""
        return orjson.dumps(
            {
                "version": VERSION,
                "evidence": [[arm, [_listed(each) for each in found]] for arm, found in self._evidence.items()],
                "group_looks": self._group_looks.listed(),
                "ratio": self._ratio.pack().tolist(),
                "steps": self._steps,
                "looked_at": self.looked_at,
                "units": [[*key, units] for key, units in self._units.items()],
            }
        )

    def restore(self, data: bytes) -> None:
        """Take what ``to_bytes`` wrote; evidence on metrics that are new starts over.

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
        self._group_looks.restore(said.get("group_looks", ()))
        self._ratio = SampleRatio.unpack(said["ratio"])
        self._steps, self.looked_at = said["steps"], said["looked_at"]
        self._units = {(arm, step): units for arm, step, units in said["units"]}


def _listed(evidence: MetricEvidence) -> list[Any]:
    """Return name and numbers of evidence; infinity is not JSON."""
    return [evidence.metric.name, [repr(value) for value in evidence.pack().tolist()]]


def _numbers(texts: Mapping[str, Any] | list[str]) -> list[float]:
    return [float(text) for text in texts]
