"""Passive-aggressive updates as loops over plain numbers; the rules of `gradient` hold here, too."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from state.learners.kernels import places

if TYPE_CHECKING:
    from state.learners.kernels.kernel import Array


def learn_passive_aggressive(
    rows: Array, asked: Array, numbers: Array, state: Array, totals: Array, out: Array
) -> None:
    """Change the parameters as little as makes a row's loss zero, or as far as the aggressiveness allows.

    With loss ℓ, and the intercept as the parameter of a feature that is 1, the step is τ = min(C, ℓ/‖x‖²) in variant I
    and τ = ℓ/(‖x‖² + 1/(2C)) in II; a row's weight multiplies C.

    Source: Crammer et al., Online passive-aggressive algorithms, JMLR 7, 2006, fig. 1 and sec. 5.
    """
    parameters, epsilon = state[0, 0], numbers[places.EPSILON]
    for i in range(len(rows)):
        margin, squares = out[i, 0], 0.0
        for j in range(len(parameters)):
            margin += rows[i, j] * parameters[j]
            squares += rows[i, j] * rows[i, j]
        target = asked[i, places.TARGET]
        if numbers[places.LOSS] == places.HINGE:
            out[i, 0] = 1.0 if margin > 0 else (0.0 if margin <= 0 else margin)
            way = 1.0 if target > 0 else -1.0
            loss = max(0.0, 1.0 - way * margin)
        else:
            out[i, 0] = margin
            way = 1.0 if target > margin else -1.0
            loss = max(0.0, abs(target - margin) - epsilon)
        if not asked[i, places.WEIGHT] > 0:
            continue
        if not math.isfinite(margin - loss + squares):
            totals[places.OVERFLOWS] += 1
            continue
        bound = numbers[places.AGGRESSIVENESS] * asked[i, places.WEIGHT]
        bounded, smooth = min(bound, loss / squares), loss / (squares + 0.5 / bound)
        step = way * (bounded if numbers[places.IS_BOUNDED] > 0 else smooth)
        for j in range(len(parameters)):
            parameters[j] += step * rows[i, j]
