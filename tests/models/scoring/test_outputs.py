from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from models.errors import ModelError
from models.output_roles import OutputRoles
from models.runtimes.onnx import OnnxRuntime
from models.runtimes.options import RuntimeOptions
from models.scoring.outputs import interpret
from tests.support.sample_models import write_onnx


@dataclass(frozen=True)
class Hints:
    task: str = "unknown"
    classes: tuple[str, ...] | None = None
    threshold: float | None = None
    roles: OutputRoles | None = None
    ref: str = "model m@1.0.0"


P2 = np.array([[0.9, 0.1], [0.25, 0.75], [0.5, 0.5]], dtype=np.float32)
P3 = np.array([[0.2, 0.5, 0.3], [0.7, 0.2, 0.1]], dtype=np.float32)
LABELS = np.array([0, 1, 0])


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
@pytest.mark.parametrize("task", ["binary", "regression", "unknown"])
def test_single_value_is_the_prediction(task: str, shape: tuple[int, ...]) -> None:
    scores = interpret({"y": np.array([0.25, 2.5, -1], np.float32).reshape(shape)}, Hints(task), 3)
    assert scores.prediction.tolist() == [0.25, 2.5, -1.0]
    assert scores.prediction.dtype == np.float64
    assert scores.label is None
    assert scores.scores is None


def test_regression_may_give_the_ends_of_an_interval_beside_its_prediction() -> None:
    outputs = {"middle": np.array([[5.0], [7.0]], np.float32), "ends": np.array([[4, 6], [5, 9]], np.float32)}
    roles = OutputRoles(prediction="middle", scores=("ends",))
    scores = interpret(outputs, Hints("regression", classes=("lower", "upper"), roles=roles), 2)
    assert scores.prediction.tolist() == [5.0, 7.0]
    assert scores.label is None
    assert scores.scores is not None
    assert scores.scores.tolist() == [[4.0, 6.0], [5.0, 9.0]]


def test_binary_prediction_is_the_probability_of_the_last_class() -> None:
    scores = interpret({"label": LABELS, "probabilities": P2}, Hints("binary"), 3)
    assert scores.prediction.tolist() == P2[:, 1].tolist()
    assert scores.prediction.flags.c_contiguous
    assert scores.label is not None
    assert scores.label.tolist() == ["0", "1", "0"]
    assert scores.scores is not None
    assert scores.scores.tolist() == P2.tolist()


def test_binary_label_follows_classes_and_threshold() -> None:
    names = ("legit", "fraud")
    for outputs in ({"p": P2}, {"p": P2[:, 1:]}):
        assert interpret(outputs, Hints("binary", names), 3).label.tolist() == ["legit", "fraud", "fraud"]  # type: ignore[union-attr]
        strict = interpret(outputs, Hints("binary", names, 0.8), 3).label
        assert strict is not None
        assert strict.tolist() == ["legit"] * 3


def test_multiclass_prediction_is_that_of_the_top_class() -> None:
    scores = interpret({"p": P3}, Hints("multiclass", ("a", "b", "c")), 2)
    assert scores.prediction.tolist() == [0.5, np.float32(0.7)]
    assert scores.label is not None
    assert scores.label.tolist() == ["b", "a"]
    unnamed = interpret({"p": P3}, Hints("multiclass"), 2).label
    assert unnamed is not None
    assert unnamed.tolist() == ["1", "0"]


@pytest.mark.parametrize(
    ("labels", "texts"),
    [
        (np.array([0, 255, -1, -256]), ["0", "255", "-1", "-256"]),
        (np.array([300, 10**12, -300, 0]), ["300", "1000000000000", "-300", "0"]),
        (np.array([1, 0, 1, 0], np.int32), ["1", "0", "1", "0"]),
        (np.array([True, False, True, False]), ["True", "False", "True", "False"]),
        (np.array(["x", "y", "x", "y"], object), ["x", "y", "x", "y"]),
    ],
    ids=["small", "large", "int32", "bool", "text"],
)
def test_labels_of_the_model_are_kept_as_text(labels: np.ndarray, texts: list[str]) -> None:
    p = np.full((4, 2), 0.5, np.float32)
    for shape in ((4,), (4, 1)):
        label = interpret({"label": labels.reshape(shape), "probabilities": p}, Hints(), 4).label
        assert label is not None
        assert label.dtype == object
        assert label.tolist() == texts


def test_maps_are_read_in_the_order_of_the_classes() -> None:
    maps = [{0: 0.9, 1: 0.1}, {0: 0.25, 1: 0.75}, {1: 0.5, 0: 0.5}]
    outputs = {"output_label": LABELS, "output_probability": maps}
    by_keys = interpret(outputs, Hints(), 3)
    assert by_keys.prediction.tolist() == [0.1, 0.75, 0.5]
    turned = interpret(outputs, Hints("binary", ("1", "0")), 3)
    assert turned.prediction.tolist() == [0.9, 0.25, 0.5]


@given(st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=1, max_size=20))
def test_maps_equal_the_tensor(rows: list[list[float]]) -> None:
    maps = [dict(zip("abc", row, strict=True)) for row in rows]
    hints = Hints("multiclass", ("a", "b", "c"))
    one, other = interpret({"p": maps}, hints, len(rows)), interpret({"p": np.array(rows)}, hints, len(rows))
    assert one.prediction.tolist() == other.prediction.tolist()
    assert one.label.tolist() == other.label.tolist()  # type: ignore[union-attr]


def test_probabilities_are_found_by_name_among_other_floats() -> None:
    outputs = {"embedding": np.ones((3, 16), np.float32), "Probabilities": P2}
    assert interpret(outputs, Hints("binary"), 3).prediction.tolist() == P2[:, 1].tolist()


def test_several_floats_without_a_telling_name_are_refused() -> None:
    outputs = {"first": np.arange(3.0), "second": np.ones(3)}
    with pytest.raises(ModelError, match=r"several outputs .* \('first' float64 \(n,\), 'second' float64 \(n,\)\)"):
        interpret(outputs, Hints(), 3)
    chosen = Hints(roles=OutputRoles(prediction="second"))
    assert interpret(outputs, chosen, 3).prediction.tolist() == [1.0, 1.0, 1.0]


def test_columns_of_classes_are_read_by_their_record() -> None:
    outputs = {"output_label": LABELS, "i0": P2[:, 0], "i1": P2[:, 1:]}
    roles = OutputRoles(scores=("i0", "i1"), label="output_label")
    scores = interpret(outputs, Hints("binary", ("0", "1"), roles=roles), 3)
    assert scores.prediction.tolist() == P2[:, 1].tolist()
    assert scores.scores.tolist() == P2.tolist()  # type: ignore[union-attr]
    assert scores.label.tolist() == ["0", "1", "0"]  # type: ignore[union-attr]


def test_positive_class_decides_prediction_and_threshold() -> None:
    roles = OutputRoles(scores=("p",), positive_class="fraud")
    scores = interpret({"p": P2}, Hints("binary", ("fraud", "ok"), 0.8, roles), 3)
    assert scores.prediction.tolist() == P2[:, 0].tolist()
    assert scores.label.tolist() == ["fraud", "ok", "ok"]  # type: ignore[union-attr]
    many = interpret({"p": P3}, Hints("multiclass", ("a", "fraud", "c"), roles=roles), 2)
    assert many.prediction.tolist() == P3[:, 1].tolist()
    assert many.label.tolist() == ["fraud", "a"]  # type: ignore[union-attr]


def test_prediction_can_come_from_another_output_than_the_scores() -> None:
    roles = OutputRoles(prediction="risk", scores=("p",))
    scores = interpret({"p": P2, "risk": np.array([7.0, 8.0, 9.0])}, Hints("binary", roles=roles), 3)
    assert scores.prediction.tolist() == [7.0, 8.0, 9.0]
    assert scores.scores.tolist() == P2.tolist()  # type: ignore[union-attr]


def test_regression_has_its_other_outputs_as_scores() -> None:
    outputs = {"chance": np.array([[0.2], [0.9]], np.float32), "hours": np.array([[120.0], [3.5]], np.float32)}
    found = interpret(outputs, Hints("regression", roles=OutputRoles(prediction="chance", scores=("hours",))), 2)
    np.testing.assert_allclose(found.prediction, [0.2, 0.9], rtol=1e-6)
    assert found.scores is not None
    assert found.scores.tolist() == [[120.0], [3.5]]
    assert found.label is None


def test_a_record_that_does_not_fit_the_file_is_refused() -> None:
    with pytest.raises(ModelError, match=r"has output 'p' in its model\.json, its file gives 'y' float64 \(n,\); reg"):
        interpret({"y": np.ones(2)}, Hints(roles=OutputRoles(prediction="p")), 2)
    with pytest.raises(ModelError, match=r"gave outputs of 'a' 2, 'b' 1 rows"):
        interpret({"a": np.ones(2), "b": np.ones(1)}, Hints(roles=OutputRoles(scores=("a", "b"))), 2)


def test_integer_output_alone_is_a_value() -> None:
    assert interpret({"y": np.array([3, 4])}, Hints(), 2).prediction.tolist() == [3.0, 4.0]


def test_anomaly_detector_keeps_label_and_score() -> None:
    outputs = {"label": np.array([[1], [-1]]), "scores": np.array([[0.2], [-0.4]])}
    scores = interpret(outputs, Hints(), 2)
    assert scores.prediction.tolist() == [0.2, -0.4]
    assert scores.label is not None
    assert scores.label.tolist() == ["1", "-1"]


def test_logits_are_taken_as_they_come() -> None:
    logits = np.array([[-3.0, 4.0]])
    assert interpret({"logits": logits}, Hints("binary"), 1).prediction.tolist() == [4.0]


@pytest.mark.parametrize(
    "outputs",
    [
        {"y": np.empty((0, 1), np.float32)},
        {"label": np.empty(0, np.int64), "probabilities": np.empty((0, 2), np.float32)},
        {"label": np.empty(0, np.int64), "probabilities": []},
    ],
    ids=["value", "tensor", "maps"],
)
def test_no_rows_give_no_rows(outputs: dict[str, Any]) -> None:
    assert interpret(outputs, Hints(), 0).prediction.shape == (0,)


@pytest.mark.parametrize(
    ("outputs", "hints", "text"),
    [
        ({"p": P2}, Hints("binary"), r"gave outputs of 'p' 3 rows for 2 rows of input"),
        (
            {"label": LABELS, "p": P2[:2]},
            Hints("binary"),
            r"gave outputs of 'label' 3, 'p' 2 rows for 2 rows",
        ),
        (
            {"p": P2[:2]},
            Hints(),
            r"gave 2 values a row and does not say what they are; say what: --task binary",
        ),
        ({"p": P3}, Hints("binary"), r"is binary, but gave 3 values a row; expected 1 or 2"),
        ({"p": P3}, Hints("regression"), r"is a regression, but gave 3 values a row; expected 1"),
        ({"p": P3[:, :1]}, Hints("multiclass"), r"is multiclass, but gave 1 value a row"),
        ({"p": P3}, Hints("multiclass", ("a", "b")), r"names 2 classes, but gave 3 values a row"),
        ({"p": P3[..., None]}, Hints(), r"gave output 'p' of shape \(2, 3, 1\), expected \(n,\) or \(n, c\)"),
        (
            {"p": [{"a": 1.0, "b": 0.0}] * 2},
            Hints("binary", ("a", "c")),
            r"gave output 'p' for classes a, b; its spec has a, c",
        ),
        (
            {"label": np.array(["a", "b"], object)},
            Hints(),
            r"has no output of numbers .*'label' string \(n,\); export it",
        ),
        ({"label": np.array([1, 0])}, Hints("binary"), r"has no output of numbers to predict with"),
        ({}, Hints(), r"has no output of numbers to predict with, got none"),
    ],
)
def test_outputs_that_do_not_fit_are_refused(outputs: dict[str, Any], hints: Hints, text: str) -> None:
    with pytest.raises(ModelError, match=rf"model m@1\.0\.0 {text}"):
        interpret(outputs, hints, 2)


@pytest.mark.parametrize("kind", [TensorProto.INT32, TensorProto.INT64], ids=["int32", "int64"])
@pytest.mark.parametrize("role", ["values", "prediction"])
def test_whole_number_that_a_model_makes_of_nan_is_no_score(kind: int, role: str, tmp_path: Path) -> None:
    """As ONNX Runtime converts it."""
    nodes = [helper.make_node("Cast", ["x"], ["y"], to=kind)]
    path = write_onnx(tmp_path, nodes, [("x", TensorProto.FLOAT, ["n", 1])], [("y", kind, ["n", 1])], {})
    outputs = OnnxRuntime.load(path, RuntimeOptions()).predict({"x": np.array([[2.5], [np.nan], [-7], [1e30]])})
    roles = None if role == "values" else OutputRoles(prediction="y")
    scores = interpret(outputs, Hints("regression", roles=roles), 4)
    np.testing.assert_array_equal(scores.prediction, [2, np.nan, -7, np.nan])
