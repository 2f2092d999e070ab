"""Looks at bandits: when weights change, when they stay, and what a record says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from scipy import stats

from state.experiments.evidence.metric import Metric
from state.experiments.moments import Moments
from state.verdicts.cells import Cell, Cells
from state.verdicts.judging.judge import Judge
from state.verdicts.judging.trial import Measured
from tests.state.verdicts.bandits.simulated import HOUR, trial_of
from tests.state.verdicts.trials import AT

EVEN = {0: (0.5, 0.5)}
Hits = Mapping[tuple[int, int], tuple[int, int]]
"""Hits and rows by variant and round."""


def sums(
    hits: Hits, shares: Mapping[int, tuple[float, ...]] = EVEN, *, guard: float | None = None, **given: Any
) -> bytes:
    metrics = 1 if guard is None else 2
    active = {step: sum(rows for (_, each), (_, rows) in hits.items() if each == step) for step in shares}
    made = Cells(metrics, shares=dict(shares), active=active, fractions=[0] * metrics)
    for (arm, step), (hit, rows) in hits.items():
        values = np.repeat([1.0, 0.0], [hit, rows - hit])
        moments = [Moments.from_units(values / 2, np.full(rows, 0.5))]
        if guard is not None:
            moments.append(Moments.from_units(np.resize([0.0, 0.5], rows) * (1 + arm * guard), np.full(rows, 0.5)))
        made.cells[arm, step] = Cell(moments, [float(rows)] * metrics, rows, 0, rows, 0, AT, **given)
    return made.to_bytes()


def look(*parts: bytes, arms: int = 2, **rules: Any) -> list[dict[str, Any]]:
    return Judge(trial_of(arms, **rules)).look(parts, AT)


def test_weights_are_the_chances_to_be_best_above_the_floor() -> None:
    (record,) = look(sums({(0, 0): (40, 500), (1, 0): (55, 500)}), floor=0.1)
    rng = np.random.default_rng(0)
    draws = [stats.beta(1 + hits, 501 - hits).rvs(1_000_000, random_state=rng) for hits in (40, 55)]
    chance = float((draws[1] > draws[0]).mean())
    assert record["action"] == "reweigh"
    assert record["bandit"]["goal"] == "reward"
    assert record["bandit"]["weights"]["new"] == pytest.approx(100 * (0.1 + 0.8 * chance), abs=0.2)
    assert sum(record["bandit"]["weights"].values()) == 100
    new = record["bandit"]["rewards"]["new"]
    assert (new["value"], new["effective_units"]) == (pytest.approx(0.11), pytest.approx(500))
    assert new["chance"] == pytest.approx(chance, abs=0.002)
    assert new["se"] == pytest.approx(np.std(np.repeat([1, 0], [55, 445]), ddof=1) / np.sqrt(500))
    text = f"new gets {record['bandit']['weights']['new']:g} % after 50: reward 0.11 ({new['lower']:.4g} to "
    assert record["reasons"][1].startswith(text)
    assert record["reasons"][1].endswith(f"500 effective units), best with chance {new['chance']:.3g}")


STAYS = [
    ({(0, 0): (9, 99), (1, 0): (20, 110)}, EVEN, "until each variant has 100 units: 99 yet"),
    ({(0, 0): (50, 500), (1, 0): (50, 500)}, EVEN, "as none would move by a point: 0.00 at most"),
    (
        {(0, 0): (40, 500), (1, 0): (60, 500), (0, 1): (2, 25), (1, 1): (3, 24)},
        {0: (0.5, 0.5), 1: (0.4, 0.6)},
        "until the round has 50 units: 49 yet",
    ),
    ({(0, 0): (0, 0), (1, 0): (0, 0)}, EVEN, "until each variant tells a mean of reward"),
]


@pytest.mark.parametrize(("hits", "shares", "why"), STAYS, ids=[why for *_, why in STAYS])
def test_weights_stay(hits: Hits, shares: Mapping[int, tuple[float, ...]], why: str) -> None:
    (record,) = look(sums(hits, shares))
    assert record["action"] == "continue"
    assert record["reasons"][-1] == f"weights stay {why}"
    assert record["bandit"]["weights"] == {
        name: pytest.approx(100 * share) for name, share in zip(("control", "new"), shares[max(shares)], strict=True)
    }


def test_better_goal_is_told_and_promotes_nothing() -> None:
    hits = {(0, 0): (10, 1_000), (1, 0): (200, 1_000), (0, 1): (1, 100), (1, 1): (300, 1_900)}
    (record,) = look(sums(hits, {0: (0.5, 0.5), 1: (0.05, 0.95)}, positives=30, negatives=30))
    assert record["action"] == "continue"
    assert record["reasons"][0].startswith("goal reward is better by")


GUARD = (Measured(Metric("guard", "guardrail", "lower", 0.1)),)


def test_harm_rolls_a_variant_back_and_weights_stay_until_it_is_gone() -> None:
    hits = {(0, 0): (40, 400), (1, 0): (40, 300), (2, 0): (50, 300)}
    shares = {0: (0.4, 0.3, 0.3)}
    first, second = look(sums(hits, shares, guard=1.0), arms=3, more=GUARD)
    assert (first["action"], second["action"]) == ("rollback", "rollback")
    assert first["bandit"]["weights"] == pytest.approx({"control": 40, "new": 30, "newer": 30})
    assert first["reasons"][-1] == "weights stay as the experiment is in doubt or does harm"


def test_variant_that_was_rolled_back_gets_no_weight_and_no_record() -> None:
    hits = {(0, 0): (40, 400), (1, 0): (200, 300), (2, 0): (50, 300), (0, 1): (60, 700), (2, 1): (50, 300)}
    shares = {0: (0.4, 0.3, 0.3), 1: (0.7, 0.0, 0.3)}
    (record,) = look(sums(hits, shares), arms=3)
    assert (record["variant"], record["action"]) == ("newer", "reweigh")
    weights = record["bandit"]["weights"]
    assert weights["new"] == 0
    assert min(weights["control"], weights["newer"]) >= 5
    assert set(record["bandit"]["rewards"]) == {"control", "newer"}
    assert record["reasons"][-1] == "the split is not tested any more, as new has no share"


def test_rounds_in_which_a_variant_had_no_share_say_nothing_of_it() -> None:
    hits = {(0, 0): (40, 500), (1, 0): (60, 500), (0, 1): (500, 500), (0, 2): (40, 500), (1, 2): (60, 500)}
    shares = {0: (0.5, 0.5), 1: (1.0, 0.0), 2: (0.5, 0.5)}
    (record,) = look(sums(hits, shares))
    assert record["bandit"]["rewards"]["control"]["value"] == pytest.approx(0.08)
    assert record["numbers"]["reward.difference"] == pytest.approx(0.04)


def test_split_that_is_off_in_one_round_holds() -> None:
    shares = {0: (0.5, 0.5), 1: (0.1, 0.9)}
    fair = {(0, 0): (40, 500), (1, 0): (40, 500), (0, 1): (8, 100), (1, 1): (72, 900)}
    assert look(sums(fair, shares))[0]["action"] != "hold"
    # As many units in all as planned, but not in each round.
    off = {(0, 0): (32, 400), (1, 0): (48, 600), (0, 1): (16, 200), (1, 1): (64, 800)}
    (record,) = look(sums(off, shares))
    assert record["action"] == "hold"
    assert record["reasons"][0].startswith("the arms do not get their planned shares")


@pytest.mark.parametrize(("positives", "action"), [(24, "continue"), (25, "reweigh")])
def test_means_of_outcomes_wait_for_outcomes_of_each_kind(positives: int, action: str) -> None:
    tested = trial_of(2)
    goal = Measured(Metric("reward", "goal", "higher"), of_outcomes="all")
    trial = type(tested)(**{**vars(tested), "metrics": (goal,)})
    made = Cells.from_bytes(sums({(0, 0): (40, 500), (1, 0): (60, 500)}, positives=positives, negatives=30))
    made.fractions = [1]
    (record,) = Judge(trial).look([made.to_bytes()], AT)
    assert record["action"] == action
    if action == "continue":
        assert record["reasons"][-1] == "weights stay until each variant has 25 outcomes of each kind"


def test_no_rows_no_record() -> None:
    assert Judge(trial_of(2)).look([], HOUR) == []
