"""Values of raw fields on their way into a model: exact, or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.errors import ModelError
from models.inspect import spec_from_file
from models.scoring.inputs import Inputs
from models.scoring.loaded import LoadedModel, load_model
from models.scoring.sessions import SessionPool
from tests.support.raw_models import LARGEST, MERCHANTS, three_inputs_score, write_three_inputs

MATRIX = np.array([[1, 2], [3, 4], [5, 6]], dtype=np.float32)
USERS = np.array([LARGEST, LARGEST - 1, 7])
TEXTS = np.array(MERCHANTS[:3], dtype=object)


@pytest.fixture
def model(tmp_path: Path) -> LoadedModel:
    path = write_three_inputs(tmp_path)
    return load_model(spec_from_file(path, "m", "1"), path, feature_columns=("a", "b"), sessions=SessionPool())


def test_whole_numbers_are_exact_to_the_last(model: LoadedModel) -> None:
    want = three_inputs_score(MATRIX, TEXTS, USERS)
    assert len({*want.tolist()}) == 3
    got = model.predict(Inputs(MATRIX, {"merchant": TEXTS, "user_id": USERS}))
    np.testing.assert_allclose(got.prediction, want, atol=1e-6)


def test_whole_numbers_beside_absent_ones_are_exact(model: LoadedModel) -> None:
    users = np.array([LARGEST, None, 7], dtype=object)
    inputs = Inputs(MATRIX, {"merchant": TEXTS, "user_id": users})
    got = model.predict(inputs).prediction
    want = three_inputs_score(MATRIX[[0, 2]], TEXTS[[0, 2]], np.array([LARGEST, 7]))
    np.testing.assert_allclose(got[[0, 2]], want, atol=1e-6)
    assert np.isnan(got[1])
    assert model.refused(inputs) == {1: "model m@1.0.0: field 'user_id': expected int64, got null"}


def test_absent_text_is_no_text(model: LoadedModel) -> None:
    for nothing in (None, float("nan")):
        texts = np.array(["acme", nothing, ""], dtype=object)
        inputs = Inputs(MATRIX, {"merchant": texts, "user_id": USERS})
        got = model.predict(inputs).prediction
        assert np.isnan(got).tolist() == [False, True, False]
        assert model.refused(inputs) == {1: "model m@1.0.0: field 'merchant': expected string, got null"}


def test_rounded_whole_numbers_are_refused(model: LoadedModel) -> None:
    users = np.array([2.0**53, np.nan, 7])
    inputs = Inputs(MATRIX, {"merchant": TEXTS, "user_id": users})
    assert np.isnan(model.predict(inputs).prediction).tolist() == [True, True, False]
    assert "expected an exact int64, got 9007199254740992 as a float" in model.refused(inputs)[0]


def test_batch_without_any_value_has_no_score(model: LoadedModel) -> None:
    nothing = np.array([None] * 3, dtype=object)
    scores = model.predict(Inputs(MATRIX, {"merchant": nothing, "user_id": USERS}))
    assert np.isnan(scores.prediction).all()
    assert model.predict(Inputs(MATRIX[:0], {"merchant": nothing[:0], "user_id": USERS[:0]})).prediction.shape == (0,)


@pytest.mark.parametrize(
    ("users", "text"),
    [
        (np.array(["1", "2", "3"], dtype=object), r"wants input 'user_id' int64 \(n, 1\), got '1'; give it whole"),
        (np.array([1.5, 2, 3], dtype=object), r"got 1\.5; give it whole numbers"),
        (np.array([1.5, 2, 3]), r"wants input 'user_id' int64 \(n, 1\), got 1\.5 \(row 0\), which does not fit"),
        (USERS[:2], r"got 2 values of field 'user_id' for 3 rows"),
    ],
)
def test_values_of_another_type_are_refused(users: np.ndarray, text: str, model: LoadedModel) -> None:
    with pytest.raises(ModelError, match=text):
        model.predict(Inputs(MATRIX, {"merchant": TEXTS, "user_id": users}))


def test_number_for_a_text_is_refused(model: LoadedModel) -> None:
    with pytest.raises(ModelError, match=r"wants input 'merchant' string \(n, 1\), got int64; give it text"):
        model.predict(Inputs(MATRIX, {"merchant": USERS, "user_id": USERS}))
