"""Verdicts over simulated tests of which the truth is known: false ones, and the units that true ones take.

Every test is looked at after each of its windows, and ends with the first verdict.

- ``aa_false_verdict_rate``: share of tests between equal arms that end with a verdict; beside our sequence, "p < 0.05
  at every look" and "p < 0.001 at every look" on the same numbers. Where units have many events, the clock of the
  sequence is the number of events, and the standard error is over units.
- ``power`` and ``median_units_to_verdict``: share of tests with a lift that find it, and the median over all of them of
  the units in both arms by then; of the sequence, of group-sequential boundaries at 20 looks, and of two models on the
  same rows.
- ``paired_units_ratio``: median units of two models on the same rows over those of two arms, same lift and losses.
- ``srm_detected_rate``: share of splitters found to be off by the sequential sample-ratio test at 0.001, by the share
  of the treatment, and of honest ones by a chi-square at every look.

``python -m benchmarks verdicts [TESTS [SEED]]``
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from statistics import NormalDist
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.experiments.simulated_tests import KINDS, Looks, in_parts
from benchmarks.measure import print_figures
from state.experiments.confidence import TwoSided
from state.experiments.group_sequential import critical_values
from state.experiments.sample_ratio import log_odds

Crossed: TypeAlias = Callable[[Looks], NDArray[np.bool_]]

ALPHA, SRM_ALPHA = 0.05, 0.001
LIFTS = {"binary, one event a unit": 0.2, "skewed, one event a unit": 0.08, "skewed, same rows": 0.08}
WINDOWS = {kind: 100 if "many" in kind else 200 for kind in KINDS}
UNITS = {kind: 400 if "many" in kind else 20 if "same rows" in kind else 100 for kind in KINDS}
SRM_UNITS, SRM_WINDOWS = 1_000, 200
SRM_SHARES = (0.5, 0.505, 0.51)
_GROUP_LOOKS = 20


def main(tests: str = "2000", seed: str = "1") -> None:
    """Print tables and figures."""
    figures = {
        "aa_false_verdict_rate": false_rates(int(tests), int(seed)),
        **true_verdicts(int(tests), int(seed)),
        "srm_detected_rate": sample_ratios(int(tests), int(seed)),
    }
    for name, found in figures.items():
        _print_table(name, found)
    noise = _critical(0.002) * (ALPHA * (1 - ALPHA) / int(tests)) ** 0.5
    print(f"of {tests} tests, chance alone makes a false rate of {ALPHA} one of up to {ALPHA + noise:.4f} (99.9 %)")
    print_figures(figures)


def false_rates(tests: int, seed: int) -> dict[str, dict[str, float]]:
    """Return the share of tests without a difference that end with a verdict, by kind of metric and rule."""
    found = {}
    for kind in KINDS:
        rules: dict[str, Crossed] = {
            "sequence": by_sequence,
            "p < 0.05 at every look": partial(by_p, alpha=0.05),
            "p < 0.001 at every look": partial(by_p, alpha=0.001),
        }
        # Its looks need units that grow to a number known beforehand.
        if "many" not in kind:
            rules["group-sequential"] = by_groups
        first = first_verdicts(kind, rules, tests, seed)
        found[kind] = {rule: round(float(np.isfinite(units).mean()), 4) for rule, units in first.items()}
    return found


def true_verdicts(tests: int, seed: int) -> dict[str, Any]:
    """Return power and median units of tests with a lift, and how few units two models on the same rows take."""
    power: dict[str, dict[str, float]] = {}
    medians: dict[str, dict[str, float | None]] = {}
    rules: dict[str, Crossed] = {"sequence": by_sequence, "group-sequential": by_groups}
    for kind, lift in LIFTS.items():
        units = first_verdicts(kind, rules, tests, seed, lift)
        power[kind] = {rule: round(float(np.isfinite(each).mean()), 4) for rule, each in units.items()}
        medians[kind] = {rule: _finite(float(np.median(each))) for rule, each in units.items()}
    same, apart = (medians[kind]["sequence"] for kind in ("skewed, same rows", "skewed, one event a unit"))
    ratio = round(same / apart, 4) if same and apart else None
    return {"power": power, "median_units_to_verdict": medians, "paired_units_ratio": ratio}


def sample_ratios(tests: int, seed: int) -> dict[str, float]:
    """Return the share of splitters that are found to be off, by the treatment's share, where a half was planned."""
    rng, found = np.random.default_rng(seed), {}
    for share in SRM_SHARES:
        new = rng.binomial(SRM_UNITS, share, (tests, SRM_WINDOWS))
        treatment = new.cumsum(axis=1)
        seen = np.arange(1, SRM_WINDOWS + 1) * SRM_UNITS
        odds = log_odds(np.stack([treatment, seen - treatment], axis=-1), [0.5, 0.5])
        found[f"{share}"] = round(float((odds.max(axis=1) >= -np.log(SRM_ALPHA)).mean()), 4)
        if share == 0.5:
            # Chi-square with one degree of freedom is z squared.
            z = np.abs(2 * treatment - seen) / np.sqrt(seen)
            found["0.5, chi-square at every look"] = round(float((z.max(axis=1) >= _critical(SRM_ALPHA)).mean()), 4)
    return found


def first_verdicts(
    kind: str, rules: Mapping[str, Crossed], tests: int, seed: int, lift: float = 0.0
) -> dict[str, NDArray[np.float64]]:
    """Return by rule the units in both arms at each test's first verdict, (tests,); infinite where there is none.

    With a lift, only a verdict for the treatment counts.
    """
    parts: dict[str, list[NDArray[np.float64]]] = {rule: [] for rule in rules}
    simulate = partial(KINDS[kind], lift)
    for looks in in_parts(simulate, tests, seed, windows=WINDOWS[kind], units=UNITS[kind]):
        counts = looks.difference > 0 if lift else True
        for rule, crossed in rules.items():
            parts[rule].append(first_units(crossed(looks) & counts, looks))
    return {rule: np.concatenate(units) for rule, units in parts.items()}


def by_sequence(looks: Looks) -> NDArray[np.bool_]:
    """Return the looks at which our sequence excludes 0; the clock is the number of events."""
    return np.abs(looks.difference) >= TwoSided(ALPHA).half_width(looks.se, looks.events)


def by_p(looks: Looks, alpha: float) -> NDArray[np.bool_]:
    """Return the looks at which a plain test has p below alpha."""
    return np.abs(looks.difference) >= _critical(alpha) * np.where(looks.se > 0, looks.se, np.inf)


def by_groups(looks: Looks) -> NDArray[np.bool_]:
    """Return the looks, of 20 that are used, at which the difference exceeds its group-sequential boundary."""
    windows = looks.units.size
    used = np.arange(1, _GROUP_LOOKS + 1) * windows // _GROUP_LOOKS - 1
    bounds = np.full(windows, np.inf)
    bounds[used] = critical_values(looks.units[used] / looks.units[-1], ALPHA)
    with np.errstate(invalid="ignore"):
        return np.abs(looks.difference) >= bounds * looks.se


def first_units(crossed: NDArray[np.bool_], looks: Looks) -> NDArray[np.float64]:
    """Return the units at the first look that crosses, (tests,); infinite where none does."""
    return np.where(crossed.any(axis=1), looks.units[crossed.argmax(axis=1)], np.inf)


def _finite(units: float) -> float | None:
    return units if np.isfinite(units) else None


def _critical(alpha: float) -> float:
    return NormalDist().inv_cdf(1 - alpha / 2)


def _print_table(name: str, found: Any, indent: str = "") -> None:
    if not isinstance(found, dict):
        print(f"{indent}{name}: {found}", flush=True)
        return
    print(f"{indent}{name}")
    for key, value in found.items():
        _print_table(key, value, indent + "  ")


if __name__ == "__main__":
    main(*sys.argv[1:])
