"""A model a key: what a key's own rows teach it, what all keys share, and that batches and restores change nothing."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from state.learning.packed import pack, unpack
from state.learning.scaler import ScalerSettings
from state.learning.statistics.losses import Task
from state.training.course import CourseSettings
from state.training.keys.key_models import KeyModels
from state.training.keys.key_states import KeyStates
from state.training.keys.key_table import KeyTable, joined_tables
from state.training.learnt_model import LearntModel
from state.training.one_model import OneModel
from state.training.samples import Samples
from tests.state.training.made import DictStore, samples
from tests.state.training.settings import course

EVERY = 32
ROWS = 300


def keyed(n: int = ROWS, keys: int = 5, seed: int = 0) -> Samples:
    """Rows of some keys, each with an intercept of its own; a tenth of them without a key."""
    rng = np.random.default_rng(seed)
    rows = samples(known=range(n), seed=seed)
    owners = rng.integers(-(keys > 1), keys, n)
    own = np.linspace(-3, 3, keys + 1)[owners]
    targets = (rng.random(n) < 1 / (1 + np.exp(-own - rows.features[:, 0]))).astype(float)
    names = np.array([b"" if owner < 0 else f"k{owner}".encode() for owner in owners])
    return replace(rows, targets=targets, names=names)


def taught(rows: Samples, settings: CourseSettings, most: int = 100) -> tuple[KeyModels, DictStore]:
    student, store = KeyModels(settings, most), DictStore()
    student.learn(store, rows)
    student.save(store)
    return student, store


def table_of(student: KeyModels) -> KeyTable:
    data = student.version()
    assert data is not None
    return KeyTable.from_bytes(data)


class Oracle:
    """Logistic regression by AdaGrad, row by row in plain numpy: a shared model, and a deviation a key."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.shared, self.squares = np.zeros(4), np.zeros(4)
        self.own: dict[bytes, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
        self.losses: list[float] = []

    def learn(self, rows: Samples) -> None:
        seen = self.shared.copy()
        for i in range(len(rows)):
            if i % EVERY == 0:
                seen = self.shared.copy()
            assert rows.names is not None
            x, y, name = np.append(rows.features[i].astype(float), 1.0), rows.targets[i], bytes(rows.names[i])
            deviation, squares = self.own.get(name, (np.zeros(4), np.zeros(4)))
            chance = 1 / (1 + math.exp(-float(x @ seen + x @ deviation)))
            self.losses.append(-math.log(chance if y else 1 - chance))
            if name:
                self.own[name] = self._stepped(deviation, squares, (chance - y) * x)
            alone = 1 / (1 + math.exp(-float(x @ self.shared)))
            self.shared, self.squares = self._stepped(self.shared, self.squares, (alone - y) * x)

    def _stepped(
        self, weights: NDArray[np.float64], squares: NDArray[np.float64], slope: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        squares = squares + slope * slope
        return weights - self.rate * slope / (np.sqrt(squares) + 1e-8), squares


def test_deviations_and_losses_are_those_of_a_loop_over_the_rows() -> None:
    rows, oracle = keyed(), Oracle(0.2)
    oracle.learn(rows)
    student, _ = taught(rows, course(rate=0.2, scaler=None, fading=1.0))
    found = table_of(student)
    assert found.names == tuple(sorted(oracle.own))
    expected = [oracle.own[name][0] for name in found.names]
    np.testing.assert_allclose(found.deviations, expected, rtol=2e-6, atol=1e-7)
    np.testing.assert_allclose(student.report()["scores"]["log_loss"], np.mean(oracle.losses), rtol=1e-9)


def test_shared_model_is_that_of_a_shard_with_one_model() -> None:
    rows, settings = keyed(), course(split=0.2)
    student, _ = taught(rows, settings)
    one = OneModel(settings)
    one.learn(DictStore(), replace(rows, names=None))
    expected = one.version()
    assert expected is not None
    assert LearntModel.from_bytes(table_of(student).shared).state == LearntModel.from_bytes(expected).state
    assert student.report()["shared"] == one.report()["scores"]


def test_models_of_keys_predict_better_where_keys_differ() -> None:
    student, _ = taught(keyed(4_000), course(rate=0.1))
    told = student.report()
    assert told["scores"]["log_loss"] < told["shared"]["log_loss"] - 0.03


def test_a_key_that_is_not_known_is_predicted_by_the_shared_model() -> None:
    rows = keyed(64, keys=1)
    settings = course(rate=0.2, fading=1.0)
    other = replace(rows.take(slice(32, 33)), names=np.array([b"new"]))
    student, store = taught(rows.take(slice(0, 32)), settings)
    before = student.report()["shared"]["log_loss"], student.report()["scores"]["log_loss"]
    student.learn(store, other)
    after = student.report()["shared"]["log_loss"], student.report()["scores"]["log_loss"]
    np.testing.assert_allclose(after[0] * 33 - before[0] * 32, after[1] * 33 - before[1] * 32, rtol=1e-9)


@pytest.mark.parametrize(
    ("task", "more"),
    [
        ("binary", {"optimizer": "sgd", "l2": 0.01}),
        ("binary", {"optimizer": "ftrl", "l1": 0.1}),
        ("binary", {"optimizer": "adam"}),
        ("classes", {"algorithm": "softmax", "classes": 3}),
        ("numbers", {"algorithm": "linear"}),
        ("sign", {"algorithm": "passive_aggressive", "optimizer": None}),
    ],
    ids=["sgd", "ftrl", "adam", "softmax", "linear", "passive_aggressive"],
)
def test_every_learner_learns_to_the_same_bits_in_one_batch_or_row_by_row(task: Task, more: dict[str, object]) -> None:
    rows, settings = keyed(120), course(task, split=0.2, **more)
    whole, at_once = taught(rows, settings)
    single, one_by_one = KeyModels(settings, 100), DictStore()
    for i in range(len(rows)):
        single.learn(one_by_one, rows.take(slice(i, i + 1)))
        single.save(one_by_one)
    assert one_by_one.entries == at_once.entries
    assert single.version() == whole.version()


@given(
    cuts=st.lists(st.tuples(st.integers(0, ROWS), st.sampled_from(["go on", "save", "restore", "slot"])), max_size=8),
    most=st.sampled_from([3, 100]),
    kept=st.sampled_from([0, 2, 100]),
)
def test_batches_restores_and_memory_change_nothing(cuts: list[tuple[int, str]], most: int, kept: int) -> None:
    rows, settings = keyed(), course(split=0.2, scaler=ScalerSettings(), rate=0.2)
    slots = {place for place, what in cuts if what == "slot"}
    whole, at_once, expected = KeyModels(settings, most), DictStore(), []
    for begin, end in pairwise(sorted({0, ROWS, *slots})):
        whole.learn(at_once, rows.take(slice(begin, end)))
        expected.append((whole.report(), whole.version()))
        whole.save(at_once)
    student, store, found = KeyModels(settings, most, kept), DictStore(), []
    for begin, end in pairwise(sorted({0, ROWS, *(place for place, _ in cuts)})):
        student.learn(store, rows.take(slice(begin, end)))
        if end in slots or end == ROWS:
            found.append((student.report(), student.version()))
        if {"save", "restore"} & {what for place, what in cuts if place == end} or end == ROWS:
            student.save(store)
        if (end, "restore") in cuts:
            student = KeyModels(settings, most, kept)
            student.restore(dict(store.items()))
    assert found == expected
    assert store.entries == at_once.entries


def test_slot_tells_the_keys_that_learnt_in_it_alone() -> None:
    rows, settings = keyed(96, keys=4), course()
    assert rows.names is not None
    student, store = taught(rows.take(slice(0, 64)), settings)
    first = student.version()
    rest = rows.take(slice(64, 96))
    assert rest.names is not None
    rest = rest.take(np.isin(rest.names, [b"k1", b"k3"]))
    student.learn(store, rest)
    second = student.version()
    assert first is not None
    assert second is not None
    assert KeyTable.from_bytes(second).names == (b"k1", b"k3")
    whole, _ = taught(replace(rows.take(slice(0, 64)), names=None), settings)
    assert table_of(whole).names == ()
    joined = KeyTable.from_bytes(joined_tables(first, second))
    assert joined.names == (b"k0", b"k1", b"k2", b"k3")
    assert joined.shared == KeyTable.from_bytes(second).shared
    for name, row in zip(joined.names, joined.deviations, strict=True):
        source = KeyTable.from_bytes(second if name in {b"k1", b"k3"} else first)
        np.testing.assert_array_equal(row, source.deviations[source.names.index(name)])
    assert student.version() is None


def test_keys_beyond_the_limit_are_counted_and_learnt_by_the_shared_model() -> None:
    rows = keyed(200, keys=6)
    student, store = taught(rows, course(), most=2)
    told = student.report()
    firsts = [name for name in dict.fromkeys(rows.names.tolist()) if name][:2]  # type: ignore[union-attr]
    assert table_of(student).names == tuple(sorted(firsts))
    assert (told["models"], told["updates"]) == (2, 200)
    assert told["unkeyed"] == 200 - sum(name in firsts for name in rows.names.tolist())  # type: ignore[union-attr]
    assert len([key for key in store.entries if key.startswith("key|")]) == 2


def test_held_out_rows_and_rows_without_an_outcome_make_no_model() -> None:
    rows = keyed(100)
    student, store = taught(rows, course(split=0.999))
    told = student.report()
    assert told["models"] == len([key for key in store.entries if key.startswith("key|")]) <= 1
    nothing, store = taught(replace(rows, targets=np.full(100, np.nan)), course())
    assert nothing.version() is None
    assert nothing.report()["models"] == 0


@pytest.mark.filterwarnings("ignore:overflow")
def test_update_that_blows_a_deviation_up_is_taken_back_and_counted() -> None:
    rows = keyed(64, keys=1)
    features, targets = rows.features.copy(), rows.targets.copy()
    features[0], targets[0] = 1e38, 1.0
    rows = replace(rows, features=features, targets=targets)
    settings = course("numbers", algorithm="linear", optimizer="sgd", rate=1e300, clip=0.0, scaler=None)
    student, store = taught(rows, settings)
    assert student.report()["taken_back"] == 1
    table = table_of(student)
    assert np.isfinite(table.deviations).all()
    kept = KeyStates(4).get(store, table.names[0])
    assert kept is not None
    assert np.isfinite(kept).all()
    assert np.abs(kept[:4]).max() > 1e299
    single, one_by_one = KeyModels(settings, 100), DictStore()
    for i in range(len(rows)):
        single.learn(one_by_one, rows.take(slice(i, i + 1)))
    single.save(one_by_one)
    assert one_by_one.entries == store.entries


def test_entry_of_a_key_is_its_numbers_and_few_bytes_more() -> None:
    settings = course()
    _, store = taught(keyed(), settings)
    parameters, slots = 4, 1
    sizes = {len(data) for key, data in store.entries.items() if key.startswith("key|")}
    assert max(sizes) <= 8 * parameters * (1 + slots) + 64


def test_state_of_another_format_is_refused() -> None:
    _, store = taught(keyed(), course())
    entries = dict(store.items())
    key = next(key for key in entries if key.startswith("key|"))
    with pytest.raises(ValueError, match="model of a key: expected state of format version 1, got 9; start without it"):
        KeyModels(course(), 100).restore({**entries, key: b"\x09" + entries[key][1:]})
    parts = unpack("models of keys", 1, entries["keys"])
    with pytest.raises(ValueError, match="models of keys: expected state of format version 1, got version 9"):
        KeyModels(course(), 100).restore({"keys": pack(9, *parts)})
    with pytest.raises(ValueError, match=r"learner: expected a state of .*rate 0\.5"):
        KeyModels(course(rate=0.5), 100).restore(entries)
