from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.scoring.outputs import Scores
from tests.models.serving.fakes import spec_of
from udfs.columns.answer_columns import EXPERIMENT_COLUMNS, answer_columns
from udfs.columns.coded import Coded, objects
from udfs.columns.repeated import is_repeated
from udfs.experiments.arm_answer import ArmAnswer
from udfs.experiments.router import Arm
from udfs.rows import prediction_row, step_columns
from udfs.scoring.ladder import Answer
from udfs.scoring.prediction_batch import PredictionBatch

A = Arm("test", "a", "fraud", "1.0.0", is_default=True, propensity=0.75)
B = Arm("test", "b", "fraud", "2.0.0", is_default=False, propensity=0.25)


def answer(
    arm: Arm | None, rows: list[int] | None, predictions: list[float], *, version: str = "1.0.0", **given_more: Any
) -> ArmAnswer:
    label, scores, undrawn = (given_more.pop(name, None) for name in ("label", "scores", "undrawn"))
    made = Answer(
        Scores(np.array(predictions), None if label is None else objects(label), scores),
        spec_of(version).model_copy(update={"sha256": version[0] * 64}),
        **{name: objects(values) if name in ("status", "why") else values for name, values in given_more.items()},
    )
    places = None if rows is None else np.array(rows)
    return ArmAnswer(made, places, arm, None if undrawn is None else np.array(undrawn))


def columns(*answers: ArmAnswer, size: int, has_experiments: bool = True) -> dict[str, Any]:
    batch = PredictionBatch(answers, np.zeros((size, 1), np.float32), 7)
    found = answer_columns(batch, "features", has_experiments=has_experiments)
    wanted = [*step_columns(prediction_row()), *(EXPERIMENT_COLUMNS if has_experiments else ())]
    assert sorted(found) == sorted(name for name, _ in wanted)
    assert {len(values) for values in found.values()} == {size}
    return found


def told(found: dict[str, Any], name: str) -> list[Any]:
    return [None if isinstance(value, float) and np.isnan(value) else value for value in np.asarray(found[name])]


def test_answers_of_several_models_come_in_the_order_of_the_batch() -> None:
    found = columns(
        answer(None, [3], [0.3], version="9.0.0"),
        answer(A, [0, 4], [0.0, 0.4]),
        answer(B, [1, 2], [0.1, 0.2], version="2.0.0"),
        size=5,
    )
    assert told(found, "__prediction") == [0.0, 0.1, 0.2, 0.3, 0.4]
    assert told(found, "__version") == ["1.0.0", "2.0.0", "2.0.0", "9.0.0", "1.0.0"]
    assert told(found, "__checksum") == [digit * 16 for digit in "12291"]
    assert told(found, "__experiment") == ["test", "test", "test", None, "test"]
    assert told(found, "__variant") == ["a", "b", "b", None, "a"]
    assert told(found, "__propensity") == [0.75, 0.25, 0.25, None, 0.75]
    assert told(found, "__latency_us") == [7] * 5


def test_value_that_all_models_give_stays_one_value_and_others_are_codes() -> None:
    found = columns(answer(A, [0, 2], [0.0, 0.2]), answer(B, [1], [0.1], version="2.0.0"), size=3)
    for name, value in (("__model", "fraud"), ("__feature_set", "features"), ("__status", "ok"), ("__label", None)):
        assert is_repeated(found[name])
        assert found[name][0] == value
    coded = {name for name, values in found.items() if isinstance(values, Coded)}
    assert coded == {"__version", "__checksum", "__variant", "__propensity"}
    first, *rest = (found[name].codes for name in sorted(coded))
    assert all(codes is first for codes in rest)


def test_rows_of_a_fallback_name_its_model_and_why() -> None:
    fallback = spec_of("0.9.0").model_copy(update={"name": "older", "sha256": "f" * 64})
    partly = answer(
        B,
        [0, 2, 3],
        [0.0, 0.2, 0.3],
        version="2.0.0",
        status=["ok", "fallback:0.9.0", "default"],
        why=[None, "failed", "too_slow"],
        fallback=fallback,
    )
    found = columns(answer(A, [1, 4], [0.1, 0.4]), partly, size=5)
    assert told(found, "__status") == ["ok", "ok", "fallback:0.9.0", "default", "ok"]
    assert told(found, "__status_reason") == [None, None, "failed", "too_slow", None]
    assert told(found, "__model") == ["fraud", "fraud", "older", "fraud", "fraud"]
    assert told(found, "__version") == ["2.0.0", "1.0.0", "0.9.0", "2.0.0", "1.0.0"]
    assert told(found, "__checksum") == ["2" * 16, "1" * 16, "f" * 16, "2" * 16, "1" * 16]
    assert told(found, "__variant") == ["b", "a", "b", "b", "a"]


def test_labels_and_scores_of_models_of_different_widths_stand_side_by_side() -> None:
    two, three = np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([[0.1, 0.2, 0.7]])
    found = columns(
        answer(A, [0, 3], [0.1, 0.8], label=["no", "yes"], scores=two),
        answer(B, [2], [0.7], label=["c"], scores=three),
        answer(None, [1], [0.5]),
        size=4,
    )
    assert told(found, "__label") == ["no", None, "c", "yes"]
    lists = [None if row is None else row.tolist() for row in found["__scores"]]
    assert lists == [[0.9, 0.1], None, [0.1, 0.2, 0.7], [0.2, 0.8]]


def test_row_for_which_no_variant_was_drawn_has_no_propensity() -> None:
    found = columns(answer(A, [0, 2], [0.0, 0.2], undrawn=[True, False]), answer(B, [1], [0.1]), size=3)
    assert told(found, "__variant") == ["a", "b", "a"]
    assert told(found, "__propensity") == [None, 0.25, 0.75]
    alone = columns(answer(A, None, [0.0, 0.2], undrawn=[False, True]), size=2)
    assert told(alone, "__propensity") == [0.75, None]


@pytest.mark.parametrize("scores", [None, np.array([[0.25, 0.75]])], ids=["one score", "classes"])
def test_batch_of_one_row_is_told_as_a_longer_one(scores: np.ndarray | None) -> None:
    label = None if scores is None else ["yes"]
    found = columns(answer(B, None, [0.5], version="2.0.0", label=label, scores=scores), size=1)
    assert told(found, "__variant") == ["b"]
    assert told(found, "__propensity") == [0.25]
    assert told(found, "__label") == [label and "yes"]
    assert [row is not None and row.tolist() for row in found["__scores"]] == [
        False if scores is None else [0.25, 0.75]
    ]


def test_models_with_one_row_each_are_told_apart() -> None:
    found = columns(
        answer(A, [1], [0.1], label=["yes"], scores=np.array([[0.9, 0.1]])),
        answer(B, [0], [0.0], version="2.0.0", label=["no"], scores=np.array([[1.0, 0.0]])),
        size=2,
    )
    assert told(found, "__label") == ["no", "yes"]
    assert told(found, "__version") == ["2.0.0", "1.0.0"]
    assert [row.tolist() for row in found["__scores"]] == [[1.0, 0.0], [0.9, 0.1]]


@given(owners=st.lists(st.sampled_from([None, A, B]), min_size=1, max_size=12))
def test_rows_tell_the_arm_that_they_were_given_to(owners: list[Arm | None]) -> None:
    answers = []
    for arm in (None, A, B):
        rows = [row for row, owner in enumerate(owners) if owner == arm]
        if rows:
            answers.append(answer(arm, None if len(rows) == len(owners) else rows, [row / 10 for row in rows]))
    found = columns(*answers, size=len(owners))
    assert told(found, "__variant") == [arm and arm.variant for arm in owners]
    assert told(found, "__propensity") == [arm and arm.propensity for arm in owners]
    assert told(found, "__prediction") == [row / 10 for row in range(len(owners))]


def test_job_without_experiments_has_no_columns_of_them() -> None:
    found = columns(answer(None, None, [0.5, 0.25]), size=2, has_experiments=False)
    assert "__variant" not in found
