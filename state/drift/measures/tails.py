"""Tail probabilities that p-values are made of: chi-square, Kolmogorov, hypergeometric.

Rules this file keeps:

- No SciPy at run time: workers do not carry it.
- A tail is computed as a tail, never as one minus the rest where that would lose its digits.
"""

from __future__ import annotations

import math

_TINY = 1e-300
_RELATIVE = 1e-16


def chi_square_sf(x: float, degrees: int) -> float:
    """Return the chance that a chi-square variable exceeds `x`, the regularised upper gamma Q(degrees/2, x/2).

    Source: Press et al., Numerical Recipes, 3rd ed., 6.2: the series below a + 1, the continued fraction above.

    Args:
        x: statistic, >= 0.
        degrees: degrees of freedom, >= 1.

    Example:
        >>> round(chi_square_sf(3.841459, 1), 6)
        0.05
    """
    a, half = degrees / 2, x / 2
    if half <= 0:
        return 1.0
    if math.isinf(half):
        return 0.0
    log_front = a * math.log(half) - half - math.lgamma(a)
    if half < a + 1:
        return 1.0 - math.exp(log_front) * _gamma_series(a, half)
    return math.exp(log_front) * _gamma_fraction(a, half)


def _gamma_series(a: float, x: float) -> float:
    term = total = 1.0 / a
    while term > total * _RELATIVE:
        a += 1
        term *= x / a
        total += term
    return total


def _gamma_fraction(a: float, x: float) -> float:
    """Lentz's method; above a + 1 it settles within about sqrt(a) steps."""
    b = x + 1 - a
    c, d = 1 / _TINY, 1 / b
    total = d
    for i in range(1, 10_000):
        b += 2
        step = -i * (i - a)
        d = 1 / (step * d + b or _TINY)
        c = b + step / c or _TINY
        total *= c * d
        if abs(c * d - 1) <= _RELATIVE * 4:
            break
    return total


def kolmogorov_sf(x: float) -> float:
    """Return the limiting chance that sqrt(n)·D exceeds `x`: 2 Σ (−1)^(k−1) exp(−2k²x²).

    Source: Kolmogorov, Giornale dell'Istituto Italiano degli Attuari 4, 1933; below 0.6 in the dual form
    1 − √(2π)/x Σ exp(−(2k−1)²π²/(8x²)), which settles where the first does not.

    Example:
        >>> round(kolmogorov_sf(1.3581), 4)
        0.05
    """
    if x < 0.04:  # the rest is below 1e-300
        return 1.0
    if x < 0.6:
        terms = (math.exp(-((2 * k - 1) ** 2) * math.pi**2 / (8 * x * x)) for k in range(1, 6))
        return 1.0 - math.sqrt(2 * math.pi) / x * math.fsum(terms)
    return 2 * math.fsum((-1) ** (k - 1) * math.exp(-2 * k * k * x * x) for k in range(1, 12))


def hypergeometric_p(drawn: int, marked: int, sample: int, total: int) -> float:
    """Two-sided p of `drawn` marked rows in a sample without replacement: twice the tail on their side of the mean.

    Source: Fisher, The design of experiments, 1935; twice the tail: Agresti, Categorical data analysis, 2nd ed., 3.5.

    Args:
        drawn: marked rows in the sample.
        marked: marked rows in all.
        sample: rows of the sample.
        total: rows in all.

    Example:
        >>> round(hypergeometric_p(3, 3, 4, 8), 6)
        0.142857
    """
    least, most = max(0, marked + sample - total), min(marked, sample)
    is_above = drawn * total >= marked * sample
    outwards = range(drawn, most + 1) if is_above else range(drawn, least - 1, -1)
    return min(1.0, 2 * _hypergeometric_tail(outwards, marked, sample, total))


def _hypergeometric_tail(values: range, marked: int, sample: int, total: int) -> float:
    """Sum the chances of `values`, which fall from the first on, until the rest no longer counts."""
    log_all = _log_choose(total, sample)
    tail = 0.0
    for k in values:
        chance = math.exp(_log_choose(marked, k) + _log_choose(total - marked, sample - k) - log_all)
        tail += chance
        if chance <= tail * _RELATIVE:
            break
    return tail


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
