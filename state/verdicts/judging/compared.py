"""Difference of a metric between two variants, from the sums of all steps; and whether there is enough to say so."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from state.experiments.area_difference import area_difference
from state.experiments.difference import difference
from state.experiments.rates import least_se
from state.experiments.strata import combine_strata
from state.verdicts.bandits.rewards import compare_rounds

if TYPE_CHECKING:
    from state.experiments.moments import Moments
    from state.verdicts.cells import Cell, Cells
    from state.verdicts.judging.trial import Measured, Trial

LEAST_OUTCOMES = 25
"""Units, and outcomes of a kind, that a variant needs: with one fraud in a thousand rows, losses are all the same."""


def has_events(cells: Cells, metric: int, measured: Measured, arms: tuple[int, ...]) -> bool:
    """Return whether each variant has enough units with a value; an area has no values of its own."""
    counts = (
        sum(float(cell.moments[metric].count) for (each, _), cell in cells.cells.items() if each == arm) for arm in arms
    )
    return measured.is_area or all(count >= LEAST_OUTCOMES for count in counts)


def has_outcomes(cells: Cells, measured: Measured, arms: tuple[int, ...]) -> bool:
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


def difference_of_pairs(cells: Cells, metric: int) -> tuple[float, float, float]:
    """Return mean difference, standard error and clock of a metric whose values are differences."""
    own = [cell for _, cell in sorted(cells.cells.items())]
    if not own:
        return math.nan, math.nan, 0.0
    moments = sum((cell.moments[metric] for cell in own[1:]), own[0].moments[metric])
    se = math.sqrt(float(moments.variance_of_ratio))
    return float(moments.ratio), se, sum(cell.events[metric] for cell in own)


def difference_of_arms(cells: Cells, metric: int, trial: Trial, arms: tuple[int, int]) -> tuple[float, float, float]:
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
