"""Updates of a linear model as loops over plain numbers, which numba compiles; `vectors` has the same for numpy.

Rules that these loops keep:

- A row is predicted before it is learnt, and rows go one after the other: so the split into batches changes no bit.
- The order of additions is written out, and never left to the compiler.
- All that a kernel calls is in this file, because numba's cache looks for changes in the kernel's own file alone.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from state.learners.kernels import places

if TYPE_CHECKING:
    from state.learners.kernels.kernel import Array


def dot(row: Array, parameters: Array) -> float:
    """Return the product of two vectors, from four partial sums: a single one would wait for each addition."""
    a = b = c = d = 0.0
    whole = len(row) // 4 * 4
    for j in range(0, whole, 4):
        a += row[j] * parameters[j]
        b += row[j + 1] * parameters[j + 1]
        c += row[j + 2] * parameters[j + 2]
        d += row[j + 3] * parameters[j + 3]
    for j in range(whole, len(row)):
        a += row[j] * parameters[j]
    return (a + b) + (c + d)


def sigmoid(margin: float) -> float:
    """Return 1/(1 + exp(−margin)) without overflow."""
    if margin >= 0:
        return 1.0 / (1.0 + math.exp(-margin))
    power = math.exp(margin)
    return power / (1.0 + power)


def predict(row: Array, loss: float, parameters: Array, out: Array) -> None:
    """Turn the addends of one row's margins, (outputs,), into its predictions."""
    for c in range(len(out)):
        out[c] += dot(row, parameters[c])
    if loss == places.LOGISTIC:
        out[0] = sigmoid(out[0])
    elif loss == places.SOFTMAX:
        largest, total = out[0], 0.0
        for c in range(1, len(out)):
            largest = max(largest, out[c])
        for c in range(len(out)):
            out[c] = math.exp(out[c] - largest)
            total += out[c]
        for c in range(len(out)):
            out[c] /= total


def error_of(prediction: float, target: float, output: int, loss: float, epsilon: float) -> float:
    """Return the derivative of a row's loss by the margin of one output."""
    if loss == places.SOFTMAX:
        return prediction - (1.0 if output == target else 0.0)
    error = prediction - target
    if loss == places.ABSOLUTE and error != 0:
        return error / abs(error)
    if loss == places.HUBER and abs(error) > epsilon:
        return epsilon * error / abs(error)
    return error


def is_learnt(
    row: Array, asked: Array, numbers: Array, parameters: Array, totals: Array, out: Array, errors: Array
) -> bool:
    """Fill the predictions and errors of a row, (outputs,); return whether there is a finite gradient to learn from.

    Errors are weighted, and clipped so that the norm of their gradient over all parameters is at most CLIP.
    """
    predict(row, numbers[places.LOSS], parameters, out)
    if not asked[places.WEIGHT] > 0:
        return False
    total = 0.0
    for c in range(len(out)):
        errors[c] = asked[places.WEIGHT] * error_of(
            out[c], asked[places.TARGET], c, numbers[places.LOSS], numbers[places.EPSILON]
        )
        total += errors[c] * errors[c]
    norm = math.sqrt(total) * (math.sqrt(dot(row, row)) if numbers[places.CLIP] > 0 else 1.0)
    if not math.isfinite(norm):
        totals[places.OVERFLOWS] += 1
        return False
    if 0 < numbers[places.CLIP] < norm:
        for c in range(len(out)):
            errors[c] *= numbers[places.CLIP] / norm
    return True


def learn_sgd(rows: Array, asked: Array, numbers: Array, state: Array, totals: Array, out: Array) -> None:
    """Step down the gradient of each row; L2 as decay, L1 as a cumulative penalty.

    Source: Bottou, Large-scale machine learning with stochastic gradient descent, COMPSTAT 2010; Tsuruoka, Tsujii,
    Ananiadou, Stochastic gradient descent training for L1-regularized log-linear models, ACL 2009, fig. 2.
    """
    last, errors = rows.shape[1] - 1, np.empty(out.shape[1])
    for i in range(len(rows)):
        if not is_learnt(rows[i], asked[i], numbers, state[0], totals, out[i], errors):
            continue
        row, rate = rows[i], asked[i, places.RATE]
        decay = max(0.0, 1.0 - rate * numbers[places.L2])
        for c in range(len(errors)):
            step = rate * errors[c]
            for j in range(last):
                state[0, c, j] = state[0, c, j] * decay - step * row[j]
            state[0, c, last] -= step
        if numbers[places.L1] > 0:
            totals[places.PENALTY] += rate * numbers[places.L1]
            penalise(state[0, :, :last], state[1, :, :last], totals[places.PENALTY])


def penalise(weights: Array, paid: Array, penalty: float) -> None:
    """Draw weights to zero, and not over it, by the part of the penalty that each has not paid."""
    for c in range(weights.shape[0]):
        for j in range(weights.shape[1]):
            before = weights[c, j]
            if before > 0:
                weights[c, j] = max(0.0, before - (penalty + paid[c, j]))
            elif before < 0:
                weights[c, j] = min(0.0, before + (penalty - paid[c, j]))
            paid[c, j] += weights[c, j] - before


def learn_adagrad(rows: Array, asked: Array, numbers: Array, state: Array, totals: Array, out: Array) -> None:
    """Step down the gradient of each row, in each coordinate by its past gradients: G += g², w −= η·g/(√G + ε).

    Source: Duchi, Hazan, Singer, Adaptive subgradient methods, JMLR 12, 2011, fig. 1, diagonal.
    """
    last, errors = rows.shape[1] - 1, np.empty(out.shape[1])
    for i in range(len(rows)):
        if not is_learnt(rows[i], asked[i], numbers, state[0], totals, out[i], errors):
            continue
        row, rate = rows[i], asked[i, places.RATE]
        for c in range(len(errors)):
            for j in range(last + 1):
                l2 = numbers[places.L2] if j < last else 0.0
                slope = errors[c] * row[j] + l2 * state[0, c, j]
                state[1, c, j] += slope * slope
                state[0, c, j] -= rate * slope / (math.sqrt(state[1, c, j]) + places.ADAGRAD_EPSILON)


def learn_adam(rows: Array, asked: Array, numbers: Array, state: Array, totals: Array, out: Array) -> None:
    """Step by running means of each row's gradient and of its square, both without the bias of their start.

    Source: Kingma, Ba, Adam: a method for stochastic optimization, ICLR 2015, algorithm 1.
    """
    last, errors = rows.shape[1] - 1, np.empty(out.shape[1])
    for i in range(len(rows)):
        if not is_learnt(rows[i], asked[i], numbers, state[0], totals, out[i], errors):
            continue
        row, rate = rows[i], asked[i, places.RATE]
        totals[places.FIRST_POWER] *= places.ADAM_FIRST
        totals[places.SECOND_POWER] *= places.ADAM_SECOND
        first, second = 1.0 - totals[places.FIRST_POWER], 1.0 - totals[places.SECOND_POWER]
        for c in range(len(errors)):
            for j in range(last + 1):
                l2 = numbers[places.L2] if j < last else 0.0
                slope = errors[c] * row[j] + l2 * state[0, c, j]
                state[1, c, j] = places.ADAM_FIRST * state[1, c, j] + (1.0 - places.ADAM_FIRST) * slope
                state[2, c, j] = places.ADAM_SECOND * state[2, c, j] + (1.0 - places.ADAM_SECOND) * slope * slope
                spread = math.sqrt(state[2, c, j] / second) + places.ADAM_EPSILON
                state[0, c, j] -= rate * (state[1, c, j] / first) / spread


def learn_ftrl(rows: Array, asked: Array, numbers: Array, state: Array, totals: Array, out: Array) -> None:
    """Follow the regularised leader, near the parameters so far; those with |z| <= places.L1 are exactly zero.

    Source: McMahan et al., Ad click prediction: a view from the trenches, KDD 2013, algorithm 1.
    """
    last, errors = rows.shape[1] - 1, np.empty(out.shape[1])
    alpha, beta = numbers[places.ALPHA], numbers[places.BETA]
    for i in range(len(rows)):
        if not is_learnt(rows[i], asked[i], numbers, state[0], totals, out[i], errors):
            continue
        for c in range(len(errors)):
            for j in range(last + 1):
                l1, l2 = (numbers[places.L1], numbers[places.L2]) if j < last else (0.0, 0.0)
                slope = errors[c] * rows[i, j]
                before = math.sqrt(state[2, c, j])
                state[2, c, j] += slope * slope
                after = math.sqrt(state[2, c, j])
                state[1, c, j] += slope - (after - before) / alpha * state[0, c, j]
                z = state[1, c, j]
                shrunk = z - l1 if z > l1 else (z + l1 if z < -l1 else 0.0)
                state[0, c, j] = -shrunk / ((beta + after) / alpha + l2)
