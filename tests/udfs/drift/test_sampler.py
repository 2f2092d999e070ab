from __future__ import annotations

import logging
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.scoring.outputs import Scores
from models.spec import ModelSpec
from state.drift.rows import SampledRows
from tests.models.serving.fakes import spec_of
from tests.state.drift.record_golden import baseline_document
from udfs.dead_letters import Problem
from udfs.drift.sampler import DriftSampler
from udfs.scoring.ladder import Answer

COLUMNS = ("amount", "size")
BASELINE = baseline_document(np.arange(40.0).reshape(20, 2), COLUMNS, np.linspace(0, 1, 20))
SPEC = spec_of("2.0.0", baseline=BASELINE)


def taken(
    sampler: DriftSampler, count: int, *, spec: ModelSpec = SPEC, labels: Any = None, first: int = 0, **answer: Any
) -> SampledRows | None:
    """Return the sample of rows that differ in time, features and score."""
    numbers = np.arange(first, first + count)
    scores = Scores(answer.pop("prediction", numbers / 1000), None, None)
    matrix = np.column_stack([numbers, -numbers]).astype(np.float32)
    text = sampler.take(Answer(scores, spec, **answer), matrix, numbers * 10, labels)
    return None if text is None else SampledRows.from_text(text)


@given(
    st.one_of(st.sampled_from([0.1, 0.29, 0.7, 1.0]), st.integers(1, 1000).map(lambda parts: parts / 1000)),
    st.lists(st.integers(0, 300), max_size=20),
)
def test_share_is_exact_over_batches_of_any_size(share: float, sizes: list[int]) -> None:
    sampler = DriftSampler(share, COLUMNS)
    exact, seen, times = Fraction(str(share)), 0, []
    for size in sizes:
        found = taken(sampler, size, first=seen)
        times += [] if found is None else found.times_ms.tolist()
        seen += size
        assert len(times) == int(seen * exact)
    whole = taken(DriftSampler(share, COLUMNS), seen)
    assert times == ([] if whole is None else whole.times_ms.tolist())
    assert len(set(times)) == len(times)


@pytest.mark.parametrize(("share", "rows"), [(1e-5, 250_000), (0.123456789012345, 100_000), (5e-324, 10)])
def test_any_share_is_kept_to(share: float, rows: int) -> None:
    found = taken(DriftSampler(share, COLUMNS), rows)
    assert (0 if found is None else len(found.scores)) == int(rows * Fraction(str(share)))


def test_share_of_a_third_takes_every_third_row() -> None:
    found = taken(DriftSampler(1 / 3, COLUMNS), 3000)
    assert found is not None
    assert found.times_ms.tolist() == list(range(20, 30_000, 30))


def test_sample_has_what_the_model_got_and_said() -> None:
    found = taken(DriftSampler(0.5, COLUMNS), 6)
    assert found is not None
    assert (found.model, found.version) == ("fraud", "2.0.0")
    assert found.times_ms.tolist() == [10, 30, 50]
    assert found.matrix.tolist() == [[1, -1], [3, -3], [5, -5]]
    assert found.scores.tolist() == [0.001, 0.003, 0.005]
    assert np.isnan(found.labels).all()


def test_rows_that_the_serving_version_did_not_score_are_left_out() -> None:
    status = np.array(["ok", "fallback:1.0.0", "default", "ok", "ok"], dtype=object)
    prediction = np.array([0.1, 0.2, 0.3, np.nan, 0.5])
    problems = {3: Problem("not_finite", "no score")}
    found = taken(DriftSampler(1, COLUMNS), 5, prediction=prediction, status=status, problems=problems)
    assert found is not None
    assert found.times_ms.tolist() == [0, 40]
    assert found.scores.tolist() == [0.1, 0.5]


def test_batch_without_a_row_of_its_own_sends_nothing_and_keeps_the_baseline_for_the_next() -> None:
    sampler = DriftSampler(1, COLUMNS)
    assert taken(sampler, 2, status=np.array(["default"] * 2, dtype=object)) is None
    assert taken(sampler, 0) is None
    found = taken(sampler, 2)
    assert found is not None
    assert found.baseline == BASELINE


def test_baseline_goes_with_the_first_rows_of_each_version() -> None:
    sampler, other = DriftSampler(1, COLUMNS), spec_of("3.0.0", baseline=BASELINE)
    found = [taken(sampler, 1, spec=spec) for spec in (SPEC, SPEC, other, SPEC, other)]
    assert [each and (each.version, each.baseline is not None) for each in found] == [
        ("2.0.0", True), ("2.0.0", False), ("3.0.0", True), ("2.0.0", False), ("3.0.0", False),
    ]  # fmt: skip


OTHER_COLUMNS = baseline_document(np.arange(40.0).reshape(20, 2), ("size", "amount"), np.linspace(0, 1, 20))
NO_SCORE = {**BASELINE, "columns": BASELINE["columns"][:2]}
UNFIT = {
    "none": (None, "model fraud@2.0.0 has no baseline: its drift is not measured; register it with --baseline"),
    "other order": (OTHER_COLUMNS, "has a baseline of size, amount and 1 scores, expected amount, size and one score"),
    "no score": (NO_SCORE, "has a baseline of amount, size and 0 scores, expected amount, size and one score"),
    "other version": ({"version": 9}, "has a baseline that cannot be read"),
    "no columns": ({"version": 1}, "has a baseline that cannot be read"),
    "odd columns": ({"version": 1, "columns": [7]}, "has a baseline that cannot be read"),
}


@pytest.mark.parametrize("kind", UNFIT)
def test_version_without_a_baseline_that_fits_is_told_of_once(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    baseline, text = UNFIT[kind]
    sampler = DriftSampler(1, COLUMNS)
    unfit = spec_of("2.0.0", baseline=baseline)
    with caplog.at_level(logging.WARNING, "gress.drift"):
        assert [taken(sampler, 3, spec=unfit) for _ in range(3)] == [None] * 3
    (message,) = caplog.messages
    assert text in message
    assert taken(sampler, 1, spec=spec_of("3.0.0", baseline=BASELINE)) is not None


@pytest.mark.parametrize(
    "labels",
    [
        np.array([1, None, 0], dtype=object),
        np.array([True, None, False], dtype=object),
        np.array([1.0, np.nan, 0.0]),
        np.array([1.0, np.nan, 0.0], dtype=np.float32),
    ],
    ids=["objects", "flags", "doubles", "floats"],
)
def test_outcomes_that_are_not_known_are_nan(labels: Any) -> None:
    found = taken(DriftSampler(1, COLUMNS), 3, labels=labels)
    assert found is not None
    np.testing.assert_array_equal(found.labels, [1, np.nan, 0])


def test_whole_numbers_are_outcomes() -> None:
    found = taken(DriftSampler(1, COLUMNS), 3, labels=np.array([1, 0, 0]))
    assert found is not None
    assert found.labels.tolist() == [1, 0, 0]
