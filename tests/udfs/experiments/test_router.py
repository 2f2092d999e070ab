from __future__ import annotations

import pickle
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from conf.experiments.experiment_choice import layer_of
from conf.experiments.weights_at import weights_at
from conf.settings import EventSettings, ExperimentSettings, MlSettings
from models.experiments.weights import Weights
from tests.support.experiments import experiment, xxh64
from tests.support.job_settings import FIELDS
from udfs.experiments.router import Assignment, Router

EVENTS = EventSettings.model_validate({"id": "id", "key": "card", "time": "at", "fields": FIELDS})
KEYS = np.arange(1_000_000, dtype=np.int64)


def route(*experiments: ExperimentSettings, **columns: object) -> tuple[list[tuple[str, str] | None], np.ndarray]:
    router = Router(experiments, EVENTS)
    found = router.assign({name: np.asarray(values) for name, values in columns.items()})
    arms = [None if arm < 0 else (router.arms[arm].experiment, router.arms[arm].variant) for arm in found.arms.tolist()]
    arm_list = [router.arms[arm] if arm >= 0 else None for arm in found.arms.tolist()]
    propensity = np.array([np.nan if arm is None else arm.propensity for arm in arm_list])
    if found.undrawn is not None:
        propensity[found.undrawn] = np.nan
    return arms, propensity


def undrawn(found: Assignment) -> np.ndarray:
    assert found.undrawn is not None
    return found.undrawn


def texts(*values: str | None) -> np.ndarray:
    return np.array(values, dtype=object)


@pytest.mark.parametrize(
    "weights",
    [{"a": 50, "b": 50}, {"a": 99.9, "b": 0.1}, {"a": 99.99, "b": 0.01}, {"a": 70, "b": 20, "c": 10}],
    ids=lambda weights: "/".join(map(str, weights.values())),
)
def test_a_million_keys_are_shared_out_by_weight(weights: dict[str, float]) -> None:
    router = Router([experiment(weights, split_key="id")], EVENTS)
    counts = np.bincount(router.assign({"id": KEYS}).arms, minlength=len(weights))
    for count, weight in zip(counts, weights.values(), strict=True):
        share = weight / 100
        assert abs(count / len(KEYS) - share) <= 4 * np.sqrt(share * (1 - share) / len(KEYS))


def test_two_experiments_are_independent() -> None:
    first, second = (
        Router([experiment({"a": 70, "b": 30}, name=name, split_key="id")], EVENTS).assign({"id": KEYS}).arms
        for name in ("summer", "winter")
    )
    table = np.array([[np.count_nonzero((first == i) & (second == j)) for j in (0, 1)] for i in (0, 1)])
    assert chi2_contingency(table).pvalue > 0.001


def test_variant_is_that_of_the_unit_s_point() -> None:
    names = [f"user {number}" for number in range(500)]
    arms, propensity = route(experiment({"a": 80, "b": 20}), card=texts(*names))
    by_hand = ["a" if xxh64(f"test.{name}".encode()) >= 0.2 * 2**64 else "b" for name in names]
    assert [arm and arm[1] for arm in arms] == by_hand
    assert propensity.tolist() == [0.8 if name == "a" else 0.2 for name in by_hand]


def test_experiments_of_a_layer_never_share_a_unit() -> None:
    layer = [
        experiment({"a": 50, "b": 50}, name=name, layer="l", traffic=traffic)
        for name, traffic in (("x", 25), ("y", 50))
    ]
    names = texts(*(f"user {number}" for number in range(20_000)))
    arms, propensity = route(*layer, card=names)
    counts = Counter(arm and arm[0] for arm in arms)
    assert {name: count / 20_000 for name, count in counts.items()} == pytest.approx(
        {None: 0.25, "x": 0.25, "y": 0.5}, abs=0.02
    )
    assert np.isnan(propensity).tolist() == [arm is None for arm in arms]
    # Within an experiment a unit's variant is the same as without the other.
    alone, _ = route(experiment({"a": 50, "b": 50}, name="y"), card=names)
    assert {
        (arm, other) for arm, other in zip(arms, alone, strict=True) if arm and arm[0] == "y" and arm != other
    } == set()


def of_layer(name: str, traffic: float, **given: object) -> ExperimentSettings:
    return experiment({"a": 50, "b": 50}, name=name, layer="l", traffic=traffic, **given)


def test_jobs_of_two_models_never_share_a_unit_of_one_layer() -> None:
    layer = [of_layer("x", 25), of_layer("y", 50)]
    columns = {"card": texts(None, *(f"user {number}" for number in range(5_000)))}
    together = Router(layer, EVENTS).assign(columns).arms
    first, second = (Router([each], EVENTS, layer).assign(columns) for each in layer)
    assert ((first.arms >= 0) == ((together == 0) | (together == 1)))[1:].all()
    assert ((second.arms >= 0) == (together >= 2))[1:].all()
    assert (first.missing, second.missing) == ({"x": 1}, {"y": 1})


def test_layer_keeps_the_place_of_an_experiment_that_is_switched_off_while_it_has_room() -> None:
    def layer(*found: ExperimentSettings) -> list[str]:
        ml = MlSettings.model_validate({"ab_testing": {"enabled": True, "experiments": found}})
        return [each.name for each in layer_of(ml, [found[-1]])]

    assert layer(of_layer("off", 30, enabled=False), of_layer("other", 20), of_layer("on", 50)) == [
        "off",
        "other",
        "on",
    ]
    assert layer(of_layer("off", 60, enabled=False), of_layer("other", 20), of_layer("on", 50)) == ["other", "on"]
    assert layer(of_layer("other", 20), experiment({"a": 100}, name="alone")) == ["alone"]


def test_layer_is_independent_of_its_experiments_variants() -> None:
    layer = [experiment({"a": 50, "b": 50}, name=name, layer="l", traffic=50, split_key="id") for name in ("x", "y")]
    router = Router(layer, EVENTS)
    counts = np.bincount(router.assign({"id": KEYS}).arms, minlength=4)
    assert np.abs(counts / len(KEYS) - 0.25).max() < 4 * np.sqrt(0.25 * 0.75 / len(KEYS))


def test_rows_without_a_unit_get_the_default_variant_and_are_counted() -> None:
    router = Router([experiment({"a": 50, "b": 50}, default_variant="b")], EVENTS)
    found = router.assign({"card": texts("x", None, "", "y")})
    assert found.arms[1:3].tolist() == [1, 1]
    assert undrawn(found).tolist() == [False, True, True, False]
    assert (found.missing, found.switched_off) == ({"test": 2}, {})


def test_units_of_an_arm_that_is_switched_off_get_the_default_variant_undrawn() -> None:
    names = texts(*(f"user {number}" for number in range(1_000)))
    on, _ = route(experiment({"a": 50, "b": 50}), card=names)
    router = Router([experiment({"a": 50, "b": 50}, off=("b",))], EVENTS)
    found = router.assign({"card": names})
    assert set(found.arms.tolist()) == {0}
    assert undrawn(found).tolist() == [arm == ("test", "b") for arm in on]
    assert found.switched_off == {"test": int(undrawn(found).sum())}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"strategy": "hash", "split_key": "card"}, "card"),
        ({"strategy": "user_id", "split_key": "card"}, "card"),
        ({"strategy": "percentage", "split_key": "card"}, "card"),
        ({"strategy": "percentage", "split_key": None}, "id"),
        ({"strategy": "random", "split_key": None}, "id"),
    ],
    ids=str,
)
def test_strategy_says_what_is_assigned(given: dict[str, str | None], field: str) -> None:
    assert Router([experiment({"a": 100}, **given)], EVENTS).field == field


@pytest.mark.parametrize("size", [0, 1, 2, 1000])
def test_a_batch_may_be_split_anywhere(size: int) -> None:
    names = texts(*(f"user {number}" for number in range(1_000)))
    router = Router([experiment({"a": 60, "b": 40}, traffic=80)], EVENTS)
    whole = router.assign({"card": names})
    parts = [router.assign({"card": part}) for part in (names[:size], names[size:])]
    np.testing.assert_array_equal(np.concatenate([part.arms for part in parts]), whole.arms)


class Steps:
    """Weights that a test changes."""

    def __init__(self, tested: ExperimentSettings) -> None:
        self._tested = tested
        self.take(0)

    def take(self, step: int) -> None:
        self.present = {self._tested.name: Weights(weights_at(self._tested, step), step)}

    def close(self) -> None:
        """Nothing is open."""


def test_each_batch_is_assigned_by_the_present_weights() -> None:
    tested = experiment({"old": 1, "new": 0}, split_key="id", ramp={"steps": [10, 40]})
    router, steps = Router([tested], EVENTS), Steps(tested)
    router.follow(steps)
    before = router.assign({"id": KEYS})
    steps.take(1)
    after = router.assign({"id": KEYS})
    assert [np.mean(found.arms == 1) for found in (before, after)] == pytest.approx([0.1, 0.4], abs=0.005)
    assert (after.arms[before.arms == 1] == 1).all()
    assert [[(arm.propensity, arm.step) for arm in found.choices] for found in (before, after)] == [
        [(0.9, 0), (0.1, 0)],
        [(0.6, 1), (0.4, 1)],
    ]
    assert router.arms == after.choices


def test_an_arm_stays_the_same_one_when_its_weight_changes() -> None:
    tested = experiment({"old": 1, "new": 0}, ramp={})
    router, steps = Router([tested], EVENTS), Steps(tested)
    ladders = {arm: arm.variant for arm in router.arms}
    router.follow(steps)
    steps.take(5)
    assert [ladders[arm] for arm in router.assign({"card": texts("x")}).choices] == ["old", "new"]


def test_grown_variant_that_is_switched_off_keeps_its_units_for_later() -> None:
    names = texts(*(f"user {number}" for number in range(1_000)))
    on = Router([experiment({"old": 1, "new": 0}, ramp={"steps": [30]})], EVENTS).assign({"card": names})
    off = Router([experiment({"old": 1, "new": 0}, ramp={"steps": [30]}, off=("new",))], EVENTS)
    found = off.assign({"card": names})
    assert set(found.arms.tolist()) == {0}
    assert undrawn(found).tolist() == (on.arms == 1).tolist()


def test_a_router_is_sent_to_workers_before_it_follows_weights() -> None:
    tested = experiment({"old": 1, "new": 0}, ramp={"steps": [30]})
    router = Router([tested], EVENTS)
    sent = pickle.loads(pickle.dumps(router))
    names = texts(*(f"user {number}" for number in range(100)))
    np.testing.assert_array_equal(sent.assign({"card": names}).arms, router.assign({"card": names}).arms)


def bandit(*names: str, key: str | None = "id") -> ExperimentSettings:
    rules = {"strategy": "bandit", "split_key": key, "bandit": {"goal": "errors"}}
    return experiment(dict.fromkeys(names, 0), verdict={"metrics": [{"of": "errors"}]}, **rules)


class Given:
    """Weights that a test changes."""

    def __init__(self, *percent: float) -> None:
        self.set(*percent)

    def set(self, *percent: float) -> None:
        shares = dict(zip("abcd", (Fraction(str(each)) for each in percent), strict=False))
        self.present = {"test": Weights(shares)}

    def close(self) -> None: ...


MOVES = [
    ((50, 50), (10, 90), 0.4),
    ((50, 50), (95, 5), 0.45),
    ((40, 30, 30), (20, 50, 30), 0.2),
    ((40, 30, 30), (40, 55, 5), 0.25 * 2),
]


@pytest.mark.parametrize(("before", "after", "moved"), MOVES, ids=str)
def test_units_of_a_bandit_move_only_as_its_weights_do(
    before: tuple[float, ...], after: tuple[float, ...], moved: float
) -> None:
    router = Router([bandit(*"abcd"[: len(before)])], EVENTS)
    weights = Given(*before)
    router.follow(weights)
    first = router.assign({"id": KEYS})
    weights.set(*after)
    second = router.assign({"id": KEYS})
    assert np.mean(first.arms != second.arms) == pytest.approx(moved, abs=0.003)
    for found, given in ((first, before), (second, after)):
        # A row tells the weight by which it was drawn, also once weights have changed.
        assert [arm.propensity for arm in found.choices] == pytest.approx([weight / 100 for weight in given])
        assert np.bincount(found.arms) / len(KEYS) == pytest.approx([weight / 100 for weight in given], abs=0.003)


def test_bandit_without_a_key_draws_each_event_and_starts_evenly() -> None:
    router = Router([bandit("a", "b", "c", key=None)], EVENTS)
    assert router.field == "id"
    found = router.assign({"id": KEYS})
    assert np.bincount(found.arms) / len(KEYS) == pytest.approx([1 / 3] * 3, abs=0.003)
    assert [arm.propensity for arm in found.choices] == pytest.approx([1 / 3] * 3)
