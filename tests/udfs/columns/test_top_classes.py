from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.scoring.outputs import Scores
from tests.models.serving.fakes import spec_of
from udfs.columns.top_classes import ranked_classes, top_classes, top_texts
from udfs.experiments.arm_answer import ArmAnswer
from udfs.scoring.ladder import Answer
from udfs.scoring.prediction_batch import PredictionBatch

TEAS = ("black", "green", 'half "n" half')


def answer(scores: list[list[float]] | None, classes: tuple[str, ...] | None = TEAS, **more: Any) -> Answer:
    values = None if scores is None else np.array(scores)
    prediction = np.zeros(1) if values is None else values.max(axis=1)
    return Answer(Scores(prediction, None, values), spec_of("2.0.0", classes=classes), **more)


def batch(*answers: tuple[Answer, list[int] | None], size: int) -> PredictionBatch:
    made = tuple(ArmAnswer(each, None if rows is None else np.array(rows), None) for each, rows in answers)
    return PredictionBatch(made, np.zeros((size, 1), np.float32), 7)


def read(texts: Any) -> list[Any]:
    return [None if text is None else json.loads(text) for text in texts]


@given(
    scores=st.lists(st.lists(st.sampled_from([0.0, 0.125, 0.25, 0.5, 0.75]), min_size=4, max_size=4), max_size=5),
    most=st.integers(1, 6),
)
def test_classes_come_by_score_then_by_place(scores: list[list[float]], most: int) -> None:
    found = read(top_texts(np.array(scores).reshape(-1, 4), ("a", "b", "c", "d"), most))
    wanted = [
        [list(pair) for pair in sorted(zip("abcd", row, strict=True), key=lambda p: -p[1])[:most]] for row in scores
    ]
    assert found == wanted


def test_names_are_escaped_and_read_back() -> None:
    (text,) = top_classes(batch((answer([[0.2, 0.3, 0.5]]), None), size=1), 2)
    assert json.loads(text) == [['half "n" half', 0.5], ["green", 0.3]]
    assert ranked_classes(text) == ['half "n" half', "green"]
    assert ranked_classes(None) == []


def test_classes_without_names_are_numbers() -> None:
    found = top_classes(batch((answer([[0.2, 0.3, 0.5]], None), None), size=1), 2)
    assert read(found) == [[["2", 0.5], ["1", 0.3]]]


def test_answers_of_several_models_come_in_the_order_of_the_batch() -> None:
    first, second = answer([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]]), answer([[0.9, 0.1]], ("hot", "cold"))
    found = top_classes(batch((first, [2, 0]), (second, [1]), size=3), 1)
    assert read(found) == [[["black", 0.6]], [["hot", 0.9]], [['half "n" half', 0.5]]]


def test_rows_of_a_fallback_have_its_classes_and_default_rows_none() -> None:
    scores = [[0.9, 0.1, 0.0], [0.2, 0.3, 0.5], [np.nan] * 3]
    status = np.array(["ok", "fallback:1.0.0", "default"], dtype=object)
    fallback = spec_of("1.0.0", classes=("oolong", "mate", "white"))
    found = top_classes(batch((answer(scores, status=status, fallback=fallback), None), size=3), 1)
    assert read(found) == [[["black", 0.9]], [["white", 0.5]], None]


@pytest.mark.parametrize("size", [0, 1])
def test_a_model_without_classes_has_none(size: int) -> None:
    scores = Answer(Scores(np.zeros(size), None, None), spec_of("1.0.0"))
    assert top_classes(batch((scores, None), size=size), 3).tolist() == [None] * size
