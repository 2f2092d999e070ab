from __future__ import annotations

import numpy as np
import pytest

from models.errors import ModelError
from models.recipes.agreement import ReferenceScores, compare, sample_rows
from models.scoring.outputs import Scores

FILE = "model file m.onnx"
ROWS = np.zeros((2, 1), np.float32)


def regression(want, got, tolerance=0.01):
    answers = ReferenceScores(ROWS, np.array(want, float), None, tolerance)
    compare(FILE, answers, Scores(np.array(got, float), None, None))


def classes(want, got, want_labels, got_labels):
    scores = np.array(got, float)
    answers = ReferenceScores(ROWS, np.array(want, float), np.array(want_labels, object), 0.01)
    compare(FILE, answers, Scores(scores[:, -1], np.array(got_labels, object), scores))


@pytest.mark.parametrize(
    ("want", "got"),
    [([1, 200], [1.9, 200]), ([1, np.nan], [1, np.nan]), ([1, np.inf], [1, np.inf]), ([0, 0], [0, 0])],
    ids=["in-parts-of-the-largest", "nan", "inf", "zeros"],
)
def test_alike(want, got):
    regression(want, got)


@pytest.mark.parametrize(
    ("want", "got"),
    [([1, 200], [1, 203]), ([1, 2], [1, np.nan]), ([1, np.nan], [1, 0]), ([1, np.inf], [1, 5])],
    ids=["too-far", "unexpected-nan", "missing-nan", "missing-inf"],
)
def test_difference_is_refused(want, got):
    with pytest.raises(ModelError, match=r"m\.onnx answers .* for row 1, its framework .* apart, expected <="):
        regression(want, got)


def test_other_label_is_refused():
    want = [[0.9, 0.1], [0.2, 0.8]]
    classes(want, want, ["a", "b"], ["a", "b"])
    with pytest.raises(ModelError, match=r"gives label 'a' for row 1, its framework 'b'"):
        classes(want, want, ["a", "b"], ["a", "a"])


def test_classes_as_likely_may_go_either_way():
    classes([[0.9, 0.1], [0.499, 0.501]], [[0.9, 0.1], [0.501, 0.499]], ["a", "b"], ["a", "a"])


def test_other_number_of_classes_is_refused():
    with pytest.raises(ModelError, match=r"gives answers \(2, 2\), its framework \(2, 3\)"):
        classes(np.ones((2, 3)), np.ones((2, 2)), ["a", "b"], ["a", "b"])


@pytest.mark.parametrize("shape", [(3,), (0, 4), (3, 5), (1, 3, 4)], ids=str)
def test_rows_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"check: expected rows \(n, 4\), n >= 1, got"):
        sample_rows(np.zeros(shape), 4)
