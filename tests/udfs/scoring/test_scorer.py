from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.scoring.inputs import Inputs
from models.scoring.loaded import LoadedModel
from models.scoring.outputs import Scores
from models.serving.source import FixedModel
from tests.support.job_settings import MakeSettings
from tests.support.tiny_models import linear, write_classes, write_picky
from udfs.features.feature_set import compile_feature_set
from udfs.scoring.model_source import open_model
from udfs.scoring.scorer import PredictionBatch, Scorer

MakeScorer = Callable[..., Scorer]


@pytest.fixture
def make_scorer(make_settings: MakeSettings) -> Iterator[MakeScorer]:
    opened = []

    def make(**given: object) -> Scorer:
        more = {name: given.pop(name) for name in ("clock", "recorder") if name in given}
        built = make_settings(**given)
        assert built.job is not None
        features = compile_feature_set(built.job.features, built.job.events)
        model = open_model(built.ml, built.job.inference, features)
        opened.append(model)
        return Scorer(features, FixedModel(model), fields=built.job.inference.feature_fields, **more)  # type: ignore[arg-type]

    yield make
    for model in opened:
        model.close()


def columns(amount: list[float], size: list[float] | None = None) -> dict[str, np.ndarray]:
    sizes = [1.0] * len(amount) if size is None else size
    return {"amount": np.array(amount, dtype=float), "size": np.array(sizes, dtype=float)}


def matrix(given: dict[str, np.ndarray]) -> np.ndarray:
    return np.column_stack([given["amount"], given["size"], given["amount"] / given["size"]])


def test_scores_are_those_of_the_model_on_the_features(make_scorer: MakeScorer) -> None:
    given = columns([1.0, 2.5, 3.0], [1.0, 2.0, 4.0])
    found = make_scorer().score(given)
    np.testing.assert_allclose(found.prediction, linear(matrix(given)), rtol=1e-6)
    assert found.prediction.dtype == np.float64
    assert (found.label, found.scores, found.problems) == (None, None, {})


def test_no_rows_give_no_predictions(make_scorer: MakeScorer) -> None:
    found = make_scorer().score(columns([]))
    assert found.prediction.shape == (0,)
    assert found.problems == {}


def test_score_that_is_no_number_is_a_problem_of_its_row(make_scorer: MakeScorer) -> None:
    found = make_scorer().score_columns(columns([1.0, np.nan, 2.0]))
    assert list(found.problems) == [1]
    assert found.problems[1].reason == "not_finite"
    assert found.problems[1].error == "model m@1.0.0: expected a finite score, got nan"
    np.testing.assert_array_equal(np.isnan(found.prediction), [False, True, False])


@pytest.mark.parametrize("bad", [[0], [6], [3], [0, 1], [2, 5], [0, 1, 2, 3, 4, 5, 6]], ids=str)
def test_row_that_the_model_refuses_never_costs_its_batch(bad: list[int], make_scorer: MakeScorer) -> None:
    amounts = [99.0 if row in bad else float(row) for row in range(7)]
    found = make_scorer(write=write_picky).score(columns(amounts))
    assert sorted(found.problems) == bad
    assert {problem.reason for problem in found.problems.values()} == {"failed"}
    assert all(problem.error.startswith("model m@1.0.0") for problem in found.problems.values())
    assert all("\n" not in problem.error for problem in found.problems.values())
    good = [row for row in range(7) if row not in bad]
    np.testing.assert_allclose(found.prediction[good], linear(matrix(columns(amounts)))[good], rtol=1e-6)
    assert np.isnan(found.prediction[bad]).all()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.sampled_from([0.0, 3.5, 9.0, 99.0, float("nan")]), max_size=40))
def test_every_row_has_a_finite_score_or_a_problem(rows: list[float], make_scorer: MakeScorer) -> None:
    found = make_scorer(write=write_picky).score(columns(rows))
    bad = sorted(found.problems)
    assert bad == np.flatnonzero(~np.isfinite(found.prediction)).tolist()
    assert bad == [row for row, amount in enumerate(rows) if not amount <= 9]


def test_bad_row_leaves_labels_and_class_scores_of_the_others(make_scorer: MakeScorer) -> None:
    found = make_scorer(write=write_classes).score(columns([9.0, 99.0, 0.0], [1.0, 1.0, 9.0]))
    assert found.label is not None
    assert found.scores is not None
    assert found.label.tolist() == ["yes", None, "no"]
    assert found.scores.shape == (3, 2)
    np.testing.assert_allclose(found.scores[[0, 2]].sum(axis=1), 1, rtol=1e-6)
    assert np.isnan(found.scores[1]).all()
    np.testing.assert_array_equal(found.scores[:, 1], found.prediction)


def test_batch_of_bad_rows_alone_has_no_labels(make_scorer: MakeScorer) -> None:
    found = make_scorer(write=write_classes).score(columns([99.0, 99.0]))
    assert (found.label, found.scores) == (None, None)
    assert sorted(found.problems) == [0, 1]


def test_good_batch_is_one_call_of_the_model(make_scorer: MakeScorer, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    whole = LoadedModel.predict

    def counted(self: LoadedModel, given: Inputs) -> Scores:
        calls.append(len(given))
        return whole(self, given)

    monkeypatch.setattr(LoadedModel, "predict", counted)
    make_scorer().score(columns([1.0] * 100))
    assert calls == [100]


def test_latency_is_that_of_the_batch_in_microseconds(make_scorer: MakeScorer) -> None:
    times = iter([1_000_000, 3_500_999])
    found: PredictionBatch = make_scorer(clock=lambda: next(times)).score(columns([1.0, 2.0]))
    assert found.latency_us == 2_500


def test_feature_fields_pick_columns_in_their_order(make_scorer: MakeScorer) -> None:
    fields = ["per_size", "amount", "size"]
    given = columns([1.0, 2.5], [4.0, 2.0])
    found = make_scorer(inference={"feature_fields": fields}).score(given)
    np.testing.assert_allclose(found.prediction, linear(matrix(given)[:, [2, 0, 1]]), rtol=1e-6)


def test_split_of_a_batch_changes_nothing(make_scorer: MakeScorer, tmp_path: Path) -> None:
    scorer = make_scorer(write=write_picky)
    amounts = [1.0, 99.0, 3.0, 4.5, np.nan, 7.0]
    whole = scorer.score(columns(amounts))
    first, second = scorer.score(columns(amounts[:2])), scorer.score(columns(amounts[2:]))
    np.testing.assert_allclose(whole.prediction, np.concatenate([first.prediction, second.prediction]), rtol=1e-6)
    assert set(whole.problems) == set(first.problems) | {row + 2 for row in second.problems}


class OutOfDomain:
    """Hears what a recorder hears, and keeps the columns whose domain it is to check."""

    def __init__(self) -> None:
        self.heard: list[dict[str, np.ndarray]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None

    def extracted(self, given: dict[str, np.ndarray], matrix: np.ndarray) -> None:
        assert len(matrix) == len(next(iter(given.values())))
        self.heard.append(given)


def test_recorder_hears_of_the_columns_of_each_batch(make_scorer: MakeScorer) -> None:
    recorder = OutOfDomain()
    scorer = make_scorer(recorder=recorder)
    batches = [columns([1.0, -3.0]), columns([2.0])]
    for batch in batches:
        scorer.score_columns(batch)
    assert [heard is batch for heard, batch in zip(recorder.heard, batches, strict=True)] == [True, True]
