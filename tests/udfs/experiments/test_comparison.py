from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.scoring.outputs import Scores
from models.spec import ModelSpec
from state.drift.baseline import make_baseline
from tests.models.serving.fakes import spec_of
from udfs.columns.coded import objects
from udfs.experiments.comparison import Comparison, Judge


def compare(
    answered: list[float],
    shadow: list[float],
    *,
    threshold: float | None = None,
    specs: tuple[ModelSpec, ModelSpec] = (spec_of("1.0.0"), spec_of("2.0.0")),
    labels: tuple[list[Any] | None, list[Any] | None] = (None, None),
) -> Comparison:
    label = objects([None] * len(answered) if labels[0] is None else labels[0])
    other = Scores(np.array(shadow), None if labels[1] is None else objects(labels[1]), None)
    return Judge(threshold).compare((specs[0], np.array(answered), label), (specs[1], other))


def limits(own: float | None, other: float | None) -> tuple[ModelSpec, ModelSpec]:
    return spec_of("1.0.0", threshold=own), spec_of("2.0.0", threshold=other)


def test_alert_threshold_of_the_job_decides_by_sides_and_is_itself_no_alert() -> None:
    answered, shadow = [0.6, 0.4, 0.4, 0.5, 0.5, 0.51], [0.9, 0.1, 0.6, 0.1, 0.51, 0.5]
    assert compare(answered, shadow, threshold=0.5).is_match.tolist() == [True, True, False, True, False, False]


def test_alert_threshold_of_the_job_comes_before_those_of_the_models() -> None:
    found = compare([0.6, 0.6], [0.7, 0.4], threshold=0.5, specs=limits(0.65, 0.3))
    assert found.is_match.tolist() == [True, False]


def test_alert_threshold_of_zero_counts() -> None:
    assert compare([-1.0, 1.0], [-2.0, -1.0], threshold=0.0).is_match.tolist() == [True, False]


def test_without_one_of_the_job_each_model_has_its_own_threshold() -> None:
    found = compare([0.6, 0.6, 0.4, 0.5], [0.3, 0.1, 0.1, 0.2], specs=limits(0.5, 0.2))
    assert found.is_match.tolist() == [True, False, True, True]


@pytest.mark.parametrize("given", [(None, None), (0.5, None), (None, 0.5)], ids=["neither", "answer", "shadow"])
def test_without_a_threshold_of_both_scores_are_equal_to_a_millionth(given: tuple[Any, Any]) -> None:
    answered, shadow = [0.7, 0.7, 0.7, 0.0, 0.0, 3e6, 3e6], [0.7, 0.7 + 5e-7, 0.7 + 5e-6, 5e-7, 5e-6, 3e6 + 1, 3e6 + 9]
    found = compare(answered, shadow, specs=limits(*given))
    assert found.is_match.tolist() == [True, True, False, True, False, True, False]


def test_labels_decide_where_both_models_have_classes() -> None:
    found = compare([0.9, 0.9, 0.2], [0.1, 0.9, 0.8], threshold=0.5, labels=(["yes", "yes", "b"], ["yes", "no", "b"]))
    assert found.is_match.tolist() == [True, False, True]


def test_row_without_a_label_is_told_by_its_score_among_rows_with_labels() -> None:
    found = compare([0.9, 0.9, 0.9], [0.1, 0.1, 0.8], threshold=0.5, labels=(["yes", None, None], ["yes", "yes", "no"]))
    assert found.is_match.tolist() == [True, False, True]


@pytest.mark.parametrize("labels", [(["yes", "no"], None), (None, ["yes", "no"])], ids=["answer", "shadow"])
def test_labels_of_one_side_say_nothing(labels: tuple[Any, Any]) -> None:
    assert compare([0.9, 0.9], [0.8, 0.1], threshold=0.5, labels=labels).is_match.tolist() == [True, False]


def test_match_is_a_column_of_booleans_and_delta_is_the_shadow_minus_the_answer() -> None:
    found = compare([0.75, 0.5], [0.5, 1.0], threshold=0.5, labels=(["a", None], ["a", "b"]))
    assert found.is_match.dtype == np.bool_
    assert found.score_delta.tolist() == [-0.25, 0.5]
    assert found.rank_delta is None


def trained(version: str, scores: np.ndarray) -> ModelSpec:
    features = np.zeros((len(scores), 1), np.float32)
    return spec_of(version, baseline=make_baseline(features, ["x"], scores=scores).to_json())


def rank(training: np.ndarray, score: float) -> float:
    """The share of training rows with a lower score, plus half of those with the same."""
    lower = sum(each < score for each in training.tolist())
    same = sum(each == score for each in training.tolist())
    return float((lower + same / 2) / len(training))


def test_rank_delta_is_the_difference_of_shares_of_lower_training_scores_each_by_its_own_model() -> None:
    # Few values, each of which fills a cell.
    random = np.random.default_rng(0)
    own, other = (random.choice(values, 400) for values in ([0.125, 0.25, 0.5, 0.75], [1.0, 20.0, 300.0]))
    answered, shadow = [0.125, 0.5, 0.75, 0.1, 0.9], [300.0, 1.0, 20.0, 0.0, 400.0]
    found = compare(answered, shadow, specs=(trained("1.0.0", own), trained("2.0.0", other)))
    wanted = [rank(other, right) - rank(own, left) for left, right in zip(answered, shadow, strict=True)]
    assert found.rank_delta is not None
    np.testing.assert_allclose(found.rank_delta, wanted, atol=1e-12)


def test_ranks_that_were_asked_for_are_those_of_the_file_and_not_of_the_name() -> None:
    low, high = np.repeat([0.25, 0.5], 50), np.repeat([0.5, 0.75], 50)
    judge, answer = Judge(None), np.array([0.5])
    for scores, digit, wanted in ((low, "a", 0.75), (high, "b", 0.25), (low, "a", 0.75)):
        spec = trained("2.0.0", scores).model_copy(update={"sha256": digit * 64})
        base = trained("1.0.0", np.repeat([0.0, 1.0], 50))
        found = judge.compare((base, np.array([0.0]), objects([None])), (spec, Scores(answer, None, None)))
        assert found.rank_delta is not None
        assert found.rank_delta.tolist() == [wanted - 0.25]


@pytest.mark.parametrize("without", [0, 1], ids=["answer", "shadow"])
def test_without_a_baseline_of_one_of_the_models_there_is_no_rank_delta(without: int) -> None:
    specs = [trained("1.0.0", np.linspace(0, 1, 50)), trained("2.0.0", np.linspace(0, 1, 50))]
    specs[without] = spec_of("3.0.0")
    assert compare([0.5], [0.7], specs=(specs[0], specs[1])).rank_delta is None


def test_baseline_without_scores_or_with_several_gives_no_rank_delta() -> None:
    features, whole = np.zeros((50, 1), np.float32), trained("1.0.0", np.linspace(0, 1, 50))
    document = make_baseline(features, ["x"]).to_json()
    assert compare([0.5], [0.7], specs=(whole, spec_of("2.0.0", baseline=document))).rank_delta is None
    several = make_baseline(features, ["x"], scores=np.linspace(0, 1, 50)).to_json()
    several["columns"].append({**several["columns"][-1], "name": "second"})
    assert compare([0.5], [0.7], specs=(whole, spec_of("2.0.0", baseline=several))).rank_delta is None
