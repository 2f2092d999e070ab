from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

from state.learning.weights import balanced_weights, class_weights, fake_negative_weights, lost_positive_weights
from tests.state.learning.made import LoopLogistic, two_classes

CHANCE = st.floats(0.001, 0.999)


@given(st.lists(st.integers(0, 2), min_size=1))
def test_class_weights_are_scikit_learns(targets: list[int]) -> None:
    golden = compute_sample_weight({0: 1.0, 1: 2.5, 2: 0.5}, targets)
    assert class_weights(np.array(targets, np.float64), [1.0, 2.5, 0.5]).tolist() == golden.tolist()


@given(st.lists(st.integers(1, 100), min_size=2, max_size=5))
def test_balanced_weights_are_scikit_learns(counts: list[int]) -> None:
    targets = np.repeat(np.arange(len(counts)), counts)
    golden = compute_class_weight("balanced", classes=np.arange(len(counts)), y=targets)
    assert balanced_weights(counts) == pytest.approx(golden)


def test_class_without_rows_weighs_1() -> None:
    assert balanced_weights([8, 0]).tolist() == [0.5, 1.0]


@given(CHANCE)
def test_without_a_wait_weights_are_those_of_the_fake_negative_weighted_loss(p: float) -> None:
    found = fake_negative_weights(np.array([1.0, 0.0]), np.array([p, p]))
    assert found == pytest.approx([1 + p, (1 - p) * (1 + p)])


@given(CHANCE, st.floats(0, 1), CHANCE)
def test_expected_loss_is_that_of_the_true_labels(p: float, s: float, said: float) -> None:
    """A row is learnt once, as a positive if it is early; and again if it is late."""
    positive, negative = fake_negative_weights(np.array([1.0, 0.0]), np.array([p, p]), s)
    early, late = p * (1 - s), p * s
    learnt = -(early + late) * positive * np.log(said) - (1 - early) * negative * np.log(1 - said)
    golden = -p * np.log(said) - (1 - p) * np.log(1 - said)
    # All rows count 1 + p·s times as often as they should, whatever is said.
    assert learnt == pytest.approx((1 + p * s) * golden, rel=1e-9)


@given(CHANCE, st.floats(0, 0.99), CHANCE)
def test_expected_loss_is_the_true_one_where_late_positives_are_lost(p: float, s: float, said: float) -> None:
    positive, negative = lost_positive_weights(np.array([1.0, 0.0]), np.array([p, p]), s)
    learnt = -p * (1 - s) * positive * np.log(said) - (1 - p + p * s) * negative * np.log(1 - said)
    assert learnt == pytest.approx(-p * np.log(said) - (1 - p) * np.log(1 - said), rel=1e-9)


@pytest.mark.parametrize("late_share", [1.0, 0.5], ids=["no wait", "half are late"])
def test_late_positives_learnt_again_with_their_weight_leave_no_bias(late_share: float) -> None:
    rng = np.random.default_rng(0)
    rows, truth = two_classes(15_000)
    is_late = (truth == 1) & (rng.random(len(truth)) < late_share)
    waits = rng.integers(1, 300, len(truth))
    weighted, naive = LoopLogistic(rate=0.02), LoopLogistic(rate=0.02)
    waiting: dict[int, list[tuple[int, float]]] = {}
    for row in range(len(truth)):
        served = weighted.predict_many(rows[row : row + 1])[0]
        if is_late[row]:
            waiting.setdefault(row + int(waits[row]), []).append((row, served))
        events = [(row, 0.0 if is_late[row] else truth[row], served)]
        events += [(earlier, 1.0, chance) for earlier, chance in waiting.pop(row, [])]
        for place, target, chance in events:
            known, label = rows[place : place + 1], np.array([target])
            weights = fake_negative_weights(label, np.array([chance]), late_share)
            weighted.learn_many(known, label, weights)
            naive.learn_many(known, label, np.ones(1))
    fresh, labels = two_classes(5000, 7)
    assert weighted.predict_many(fresh).mean() == pytest.approx(labels.mean(), abs=0.025)
    assert naive.predict_many(fresh).mean() < labels.mean() - 0.05


def test_row_without_a_chance_weighs_1() -> None:
    unknown = np.array([np.nan, np.nan])
    assert fake_negative_weights(np.array([0.0, 1.0]), unknown).tolist() == [1.0, 1.0]
    assert lost_positive_weights(np.array([0.0, 1.0]), unknown, 0.5).tolist() == [1.0, 2.0]


def test_sure_positive_that_is_never_late_is_no_negative() -> None:
    assert fake_negative_weights(np.zeros(1), np.ones(1), 0.0).tolist() == [0.0]


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="weights: expected a class 0 to 1, got 2; give each class a weight"):
        class_weights(np.array([0.0, 2.0]), [1.0, 1.0])
    with pytest.raises(ValueError, match=r"weights: expected chances of 0..1, got 1.5; give the probability of a pos"):
        fake_negative_weights(np.zeros(1), np.array([1.5]))
    with pytest.raises(ValueError, match=r"weights: expected late_share of 0..1, got -1; give"):
        fake_negative_weights(np.zeros(1), np.array([0.5]), -1.0)
