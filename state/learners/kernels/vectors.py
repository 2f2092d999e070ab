"""The updates of `gradient` and `passive_aggressive` for numpy: a row at a time, all parameters at once.

They give the same numbers except for rounding, as sums have another order; a state goes over from one to the other.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from state.learners.kernels import places
from state.learners.kernels.gradient import sigmoid

if TYPE_CHECKING:
    from collections.abc import Callable

    from state.learners.kernels.kernel import Array, Kernel

    Step: TypeAlias = Callable[[Array, float, Array, Array, Array], None]


def _learn(step: Step, rows: Array, asked: Array, numbers: Array, state: Array, totals: Array, out: Array) -> None:
    """Predict each row and step down its gradient; ``step`` takes slopes, rate, numbers, state and totals."""
    # A margin that overflows is refused by `_errors`, and needs no warning.
    with np.errstate(over="ignore", invalid="ignore"):
        for row, (target, weight, rate), prediction in zip(rows, asked.tolist(), out, strict=True):
            _predict(row, numbers[places.LOSS], state[0], prediction)
            if not weight > 0:
                continue
            errors = _errors(row, target, weight, numbers, prediction)
            if errors is None:
                totals[places.OVERFLOWS] += 1
            else:
                step(errors[:, None] * row, rate, numbers, state, totals)


def _predict(row: Array, loss: float, parameters: Array, out: Array) -> None:
    # Not a matrix product: its order of additions would be the library's, which may depend on the machine's threads.
    out += (parameters * row).sum(axis=1)
    if loss == places.LOGISTIC:
        out[0] = sigmoid(float(out[0]))
    elif loss == places.SOFTMAX:
        np.exp(out - out.max(), out=out)
        out /= out.sum()


def _errors(row: Array, target: float, weight: float, numbers: Array, out: Array) -> Array | None:
    """Return the weighted and clipped derivatives of the loss by the margins; None: one is no finite number."""
    loss, clip, epsilon = numbers[places.LOSS], numbers[places.CLIP], numbers[places.EPSILON]
    errors: Array = out - (np.arange(len(out)) == target) if loss == places.SOFTMAX else out - target
    if loss == places.ABSOLUTE:
        errors = np.sign(errors)
    elif loss == places.HUBER:
        errors = np.clip(errors, -epsilon, epsilon)
    errors = weight * errors
    norm = math.sqrt((errors * errors).sum()) * (math.sqrt((row * row).sum()) if clip > 0 else 1.0)
    if not math.isfinite(norm):
        return None
    return errors * (clip / norm) if 0 < clip < norm else errors


def _step_sgd(slopes: Array, rate: float, numbers: Array, state: Array, totals: Array) -> None:
    weights, paid = state[0, :, :-1], state[1, :, :-1]
    weights *= max(0.0, 1.0 - rate * numbers[places.L2])
    state[0] -= rate * slopes
    if numbers[places.L1] > 0:
        totals[places.PENALTY] += rate * numbers[places.L1]
        penalty, before = totals[places.PENALTY], weights.copy()
        down, up = np.maximum(0.0, before - (penalty + paid)), np.minimum(0.0, before + (penalty - paid))
        weights[:] = np.where(before > 0, down, np.where(before < 0, up, 0.0))
        paid += weights - before


def _step_adagrad(slopes: Array, rate: float, numbers: Array, state: Array, totals: Array) -> None:
    _decay(slopes, numbers, state)
    state[1] += slopes * slopes
    state[0] -= rate * slopes / (np.sqrt(state[1]) + places.ADAGRAD_EPSILON)


def _step_adam(slopes: Array, rate: float, numbers: Array, state: Array, totals: Array) -> None:
    _decay(slopes, numbers, state)
    totals[places.FIRST_POWER] *= places.ADAM_FIRST
    totals[places.SECOND_POWER] *= places.ADAM_SECOND
    parameters, first, second = state
    first[:] = places.ADAM_FIRST * first + (1.0 - places.ADAM_FIRST) * slopes
    second[:] = places.ADAM_SECOND * second + (1.0 - places.ADAM_SECOND) * slopes * slopes
    spread = np.sqrt(second / (1.0 - totals[places.SECOND_POWER])) + places.ADAM_EPSILON
    parameters -= rate * (first / (1.0 - totals[places.FIRST_POWER])) / spread


def _decay(slopes: Array, numbers: Array, state: Array) -> None:
    """Add the slopes of the L2 penalty, of which the intercept has none."""
    slopes[:, :-1] += numbers[places.L2] * state[0, :, :-1]


def _step_ftrl(slopes: Array, rate: float, numbers: Array, state: Array, totals: Array) -> None:
    parameters, z, squares = state
    alpha, penalties = numbers[places.ALPHA], np.zeros((2, slopes.shape[1]))
    penalties[:, :-1] = numbers[[places.L1, places.L2], None]
    l1, l2 = penalties
    before = np.sqrt(squares)
    squares += slopes * slopes
    after = np.sqrt(squares)
    z += slopes - (after - before) / alpha * parameters
    shrunk = np.where(z > l1, z - l1, np.where(z < -l1, z + l1, 0.0))
    parameters[:] = -shrunk / ((numbers[places.BETA] + after) / alpha + l2)


learn_sgd: Kernel = partial(_learn, _step_sgd)
learn_adagrad: Kernel = partial(_learn, _step_adagrad)
learn_adam: Kernel = partial(_learn, _step_adam)
learn_ftrl: Kernel = partial(_learn, _step_ftrl)


def learn_passive_aggressive(
    rows: Array, asked: Array, numbers: Array, state: Array, totals: Array, out: Array
) -> None:
    """Change the parameters as `passive_aggressive.learn_passive_aggressive` does."""
    parameters, is_hinge = state[0, 0], numbers[places.LOSS] == places.HINGE
    with np.errstate(over="ignore", invalid="ignore"):
        for i, (row, (target, weight, _)) in enumerate(zip(rows, asked.tolist(), strict=True)):
            margin, squares = float(out[i, 0] + (row * parameters).sum()), float((row * row).sum())
            if is_hinge:
                out[i, 0] = margin if math.isnan(margin) else margin > 0
                way = 1.0 if target > 0 else -1.0
                loss = max(0.0, 1.0 - way * margin)
            else:
                out[i, 0] = margin
                way = 1.0 if target > margin else -1.0
                loss = max(0.0, abs(target - margin) - numbers[places.EPSILON])
            if weight > 0 and not math.isfinite(margin - loss + squares):
                totals[places.OVERFLOWS] += 1
            elif weight > 0:
                bound = numbers[places.AGGRESSIVENESS] * weight
                bounded, smooth = min(bound, loss / squares), loss / (squares + 0.5 / bound)
                parameters += way * (bounded if numbers[places.IS_BOUNDED] > 0 else smooth) * row
