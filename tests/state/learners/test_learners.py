"""The contract of every learner in the table, by every engine."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.learners.linear_learner import LinearLearner
from state.learners.make_learner import make_learner
from state.learners.table import LEARNERS, UPDATES
from tests.state.learners.streams import EACH, ENGINES, Stream, stream

ROWS = 60
CUTS = st.lists(st.integers(0, ROWS), max_size=8).map(sorted)

pytestmark = [pytest.mark.parametrize("engine", ENGINES), pytest.mark.parametrize("name", EACH)]


def made(name: str, engine: str) -> LinearLearner:
    return make_learner(EACH[name], 5, engine=engine)  # type: ignore[arg-type]


def wild(name: str) -> Stream:
    """A stream with rows that cannot be learnt."""
    rows = stream(EACH[name], ROWS)
    rows.rows[[7, 31], [0, 4]] = np.nan, np.inf
    rows.targets[[12, 40]] = np.nan, -np.inf
    rows.rows[50, 2] = 1e200
    return rows


def test_every_algorithm_and_update_is_met(name: str, engine: str) -> None:
    assert {settings.algorithm for settings in EACH.values()} == set(LEARNERS)
    assert {id(settings.update) for settings in EACH.values()} == {id(update) for update in UPDATES.values()}


@given(cuts=CUTS, is_saved=st.booleans())
def test_cutting_the_stream_anywhere_changes_no_bit(name: str, engine: str, cuts: list[int], is_saved: bool) -> None:
    rows, single, parts = wild(name), made(name, engine), made(name, engine)
    expected = [single.learn_many(*rows.part(i, i + 1)) for i in range(ROWS)]
    found = []
    for start, end in zip([0, *cuts], [*cuts, ROWS], strict=True):
        found.append(parts.learn_many(*rows.part(start, end)))
        if is_saved:
            data, parts = parts.to_bytes(), made(name, engine)
            parts.restore(data)
    np.testing.assert_array_equal(np.concatenate(found), np.concatenate(expected))
    assert parts.to_bytes() == single.to_bytes()


def test_predictions_are_from_before_the_row_is_learnt(name: str, engine: str) -> None:
    rows, learner = wild(name), made(name, engine)
    for i in range(ROWS):
        before = learner.predict_many(rows.rows[i : i + 1])
        np.testing.assert_array_equal(learner.learn_many(*rows.part(i, i + 1)), before)


def test_prediction_changes_nothing(name: str, engine: str) -> None:
    rows, learner = wild(name), made(name, engine)
    learner.learn_many(*rows)
    before = learner.to_bytes()
    first = learner.predict_many(rows.rows)
    np.testing.assert_array_equal(learner.predict_many(rows.rows), first)
    assert learner.to_bytes() == before


def test_row_of_no_weight_changes_nothing(name: str, engine: str) -> None:
    rows, learner = wild(name), made(name, engine)
    learner.learn_many(*rows)
    before, expected = learner.to_bytes(), learner.predict_many(rows.rows)
    np.testing.assert_array_equal(learner.learn_many(rows.rows, rows.targets, np.zeros(ROWS)), expected)
    assert learner.to_bytes() == before


def test_rows_that_cannot_be_learnt_are_counted_and_change_nothing_else(name: str, engine: str) -> None:
    rows, learner, other = stream(EACH[name], ROWS), made(name, engine), made(name, engine)
    rows.weights[:] = 1
    bad = wild(name)
    bad.rows[50] = rows.rows[50]
    bad.weights[:] = 1
    bad.weights[[3, 4, 5]] = np.nan, np.inf, -1
    is_bad = np.isin(np.arange(ROWS), [3, 4, 5, 7, 12, 31, 40])
    predictions = learner.learn_many(*bad)
    expected = other.learn_many(*(column[~is_bad] for column in rows))
    np.testing.assert_array_equal(predictions[~is_bad], expected)
    np.testing.assert_array_equal(learner.parameters().weights, other.parameters().weights)
    assert (learner.skipped, learner.learnt) == (7, ROWS - 7)
    assert (other.skipped, other.learnt) == (0, ROWS - 7)


def test_prediction_without_finite_features_is_no_number(name: str, engine: str) -> None:
    learner = made(name, engine)
    learner.learn_many(*stream(EACH[name], ROWS))
    assert np.isnan(learner.predict_many(np.full((1, 5), np.nan))).all()


def test_rows_of_any_kind_and_order_in_memory_are_taken(name: str, engine: str) -> None:
    rows, first, second = stream(EACH[name], ROWS), made(name, engine), made(name, engine)
    halves = rows.rows.astype(np.float32)
    expected = first.learn_many(halves.astype(np.float64), rows.targets, rows.weights)
    turned = np.asfortranarray(halves)
    turned.flags.writeable = False
    found = second.learn_many(turned, rows.targets.tolist(), rows.weights.astype(np.float32))
    np.testing.assert_array_equal(found, expected)


def test_parameters_make_the_predictions(name: str, engine: str) -> None:
    rows, learner = stream(EACH[name], ROWS), made(name, engine)
    learner.learn_many(*rows)
    parameters = learner.parameters()
    margins = rows.rows @ parameters.weights + parameters.bias
    powers = np.exp(margins - margins.max(axis=1, keepdims=True))
    links = {
        "identity": margins[:, 0],
        "logistic": 1 / (1 + np.exp(-margins[:, 0])),
        "softmax": powers / powers.sum(axis=1, keepdims=True),
        "sign": (margins[:, 0] > 0).astype(float),
    }
    np.testing.assert_allclose(learner.predict_many(rows.rows), links[parameters.link], rtol=1e-10, atol=1e-12)


def test_parameters_are_a_copy(name: str, engine: str) -> None:
    learner = made(name, engine)
    learner.learn_many(*stream(EACH[name], ROWS))
    before, held = learner.to_bytes(), learner.parameters()
    held.weights[:] = np.nan
    held.bias[:] = np.nan
    assert learner.to_bytes() == before


def test_learns_more_than_chance(name: str, engine: str) -> None:
    settings = EACH[name]
    rows, learner = stream(settings, 2_000), made(name, engine)
    predictions = learner.learn_many(*rows)[1_000:]
    targets = rows.targets[1_000:]
    if settings.kind.targets == "numbers":
        assert np.abs(predictions - targets).mean() < 0.75 * np.abs(targets - targets.mean()).mean()
    else:
        guessed = predictions.argmax(axis=1) if predictions.ndim == 2 else predictions > 0.5
        assert (guessed == targets).mean() > 0.65


def test_state_is_small(name: str, engine: str) -> None:
    settings = EACH[name]
    for features in (1, 20, 1_000):
        learner = make_learner(settings, features, engine=engine)  # type: ignore[arg-type]
        parameters = settings.outputs * (features + 1)
        assert len(learner.to_bytes()) <= 16 * parameters * max(1, settings.update.slots) + 1024


def test_state_does_not_grow_with_rows(name: str, engine: str) -> None:
    learner = made(name, engine)
    learner.learn_many(*stream(EACH[name], 10))
    size = len(learner.to_bytes())
    learner.learn_many(*stream(EACH[name], 2_000))
    assert len(learner.to_bytes()) <= size + 8


def test_no_row_is_no_prediction(name: str, engine: str) -> None:
    learner = made(name, engine)
    before = learner.to_bytes()
    assert len(learner.learn_many(np.empty((0, 5)), [], [])) == len(learner.predict_many(np.empty((0, 5)))) == 0
    assert learner.to_bytes() == before


def test_numbers_are_all_that_a_learner_knows(name: str, engine: str) -> None:
    learner, other, rows = made(name, engine), made(name, engine), wild(name)
    learner.learn_many(*rows)
    other.take_numbers(learner.numbers())
    assert other.to_bytes() == learner.to_bytes()
    parameters = learner.parameters()
    size = parameters.weights.size + parameters.bias.size
    expected = np.vstack([parameters.weights, parameters.bias]).T.ravel()
    np.testing.assert_array_equal(learner.numbers()[:size], expected)
    with pytest.raises(ValueError, match=r"learner: expected \d+ numbers, got 2; start without them"):
        other.take_numbers(np.zeros(2))


def test_nobody_changes_the_numbers_of_another(name: str, engine: str) -> None:
    learner, rows = made(name, engine), stream(EACH[name])
    kept = learner.numbers()
    copy = kept.copy()
    learner.take_numbers(kept)
    learner.learn_many(*rows)
    np.testing.assert_array_equal(kept, copy)


def test_offsets_are_added_to_the_margins(name: str, engine: str) -> None:
    """An offset is the margin of a feature whose weight is fixed at 1: moving it into the intercept changes nothing."""
    rows, settings = stream(EACH[name]), EACH[name]
    learner, shifted = made(name, engine), made(name, engine)
    start = learner.numbers()
    offset = np.linspace(0.5, 1.5, settings.outputs)
    start[5 : 6 * settings.outputs : 6] = offset  # the intercepts
    learner.take_numbers(start)
    part = rows.part(0, 1)
    offsets = np.tile(offset, (1, 1))
    np.testing.assert_allclose(shifted.learn_many(*part, offsets), learner.learn_many(*part), rtol=1e-12)
    parameters = shifted.parameters()
    expected = np.vstack([parameters.weights, parameters.bias + offset])
    if settings.optimizer != "ftrl":  # whose parameters follow from its sums, not from where they were
        found = learner.parameters()
        np.testing.assert_allclose(np.vstack([found.weights, found.bias]), expected, rtol=1e-9, atol=1e-12)


def test_margins_are_the_product_however_rows_are_split(name: str, engine: str) -> None:
    learner, rows = made(name, engine), stream(EACH[name])
    learner.learn_many(*rows)
    parameters = learner.parameters()
    found = parameters.margins(rows.rows)
    np.testing.assert_allclose(found, rows.rows @ parameters.weights + parameters.bias, rtol=1e-9, atol=1e-12)
    single = [parameters.margins(rows.rows[i : i + 1]) for i in range(len(rows.rows))]
    np.testing.assert_array_equal(found, np.concatenate(single))
