"""Files of learnt models, run by ONNX Runtime and compared with numpy in double precision."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import ModelError
from models.learned.bayes import LearnedBayes
from models.learned.inspection.read_onnx import read_onnx
from models.learned.learned_model import LearnedModel
from models.learned.linear import LearnedLinear
from models.learned.onnx_graph import onnx_bytes
from tests.models.learned.samples import KINDS, ROWS, bayes, linear, margin, three_classes

MAX = float(np.finfo(np.float32).max)
VALUES = st.one_of(st.floats(-1e6, 1e6, width=32), st.sampled_from([np.nan, MAX, -MAX, 0.0, -0.0, 1e-45]))


def run(model: LearnedModel, rows: np.ndarray) -> dict[str, Any]:
    session = ort.InferenceSession(onnx_bytes(model), providers=["CPUExecutionProvider"])
    names = [node.name for node in session.get_outputs()]
    return dict(zip(names, session.run(names, {"X": np.asarray(rows, np.float32)}), strict=True))


def numbers(outputs: dict[str, Any]) -> np.ndarray:
    (found,) = (value for name, value in outputs.items() if name != "label")
    return np.asarray(found, np.float64)


@st.composite
def linear_models(draw: st.DrawFn) -> LearnedLinear:
    link = draw(st.sampled_from(["identity", "logistic", "softmax", "sign"]))
    width, classes = draw(st.integers(1, 6)), draw(st.integers(2, 4))
    outputs = classes if link == "softmax" else 1
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    scale = rng.uniform(1e-3, 1e3, size=width) * (rng.random(width) < 0.8)
    names = {"identity": (), "softmax": tuple("abcd"[:classes])}.get(link, ("a", "b"))
    return LearnedLinear(
        tuple(f"f{i}" for i in range(width)),
        rng.normal(size=(width, outputs)),
        rng.normal(size=outputs),
        link,
        rng.normal(size=width) * 10.0 ** rng.integers(-3, 6),
        scale,
        draw(st.sampled_from([None, 3.0, 8.0])),
        names,
    )


@st.composite
def bayes_models(draw: st.DrawFn) -> LearnedBayes:
    width, classes = draw(st.integers(1, 6)), draw(st.integers(2, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    shape = classes, width
    return LearnedBayes(
        tuple(f"f{i}" for i in range(width)),
        tuple("abcd"[:classes]),
        rng.normal(size=shape) * 10.0 ** rng.integers(-3, 4),
        rng.uniform(1e-3, 1e3, size=shape),
        np.log(rng.dirichlet(np.ones(classes))),
    )


@given(model=st.one_of(linear_models(), bayes_models()), data=st.data())
def test_scores_are_those_of_numpy(model: LearnedModel, data: st.DataObject) -> None:
    width = len(model.features)
    cells = data.draw(st.lists(st.lists(VALUES, min_size=width, max_size=width), min_size=1, max_size=5))
    rows = np.array(cells, dtype=np.float32)
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(numbers(run(model, rows)), model.scores(rows), rtol=1e-6, atol=1e-6)


@given(model=linear_models(), data=st.data())
def test_infinite_values_give_what_numpy_gives(model: LearnedLinear, data: st.DataObject) -> None:
    width = len(model.features)
    cells = st.sampled_from([np.inf, -np.inf, np.nan, 1.0])
    rows = np.array([data.draw(st.lists(cells, min_size=width, max_size=width))], dtype=np.float32)
    np.testing.assert_allclose(numbers(run(model, rows)), model.scores(rows), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("width", [1, 200])
def test_features_far_from_zero_lose_no_digits(width: int) -> None:
    rng = np.random.default_rng(0)
    mean = np.full(width, 1e5)
    names = tuple(f"f{i}" for i in range(width))
    weights = rng.normal(size=(width, 1))
    model = LearnedLinear(names, weights, np.zeros(1), "logistic", mean, np.ones(width), None, ("a", "b"))
    rows = (mean + rng.normal(size=(100, width))).astype(np.float32)
    np.testing.assert_allclose(numbers(run(model, rows)), model.scores(rows), rtol=0, atol=1e-7)


@pytest.mark.parametrize("kind", KINDS)
def test_equal_arrays_give_equal_bytes(kind: str) -> None:
    assert onnx_bytes(KINDS[kind]()) == onnx_bytes(KINDS[kind]())


def test_another_process_gives_the_same_bytes(repository: Path) -> None:
    code = (
        "import hashlib; from models.learned.onnx_graph import onnx_bytes; from tests.models.learned.samples import *;"
        "print(hashlib.sha256(onnx_bytes(linear())).hexdigest())"
    )

    def digest(seed: str) -> str:
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command, cwd=repository, env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        )
        return done.stdout

    assert digest("1") == digest("2")


@pytest.mark.parametrize(
    "change",
    [{"weights": np.ones((3, 1))}, {"clip": 5.0}, {"classes": ("a", "b")}, {"features": ("a", "b", "c")}],
    ids="-".join,
)
def test_other_models_give_other_bytes(change: dict[str, Any]) -> None:
    assert onnx_bytes(linear(**change)) != onnx_bytes(linear())


@pytest.mark.parametrize(
    ("make", "outputs"),
    [
        (linear, [("label", "tensor(string)", ["n"]), ("probabilities", "tensor(float)", ["n", 2])]),
        (three_classes, [("label", "tensor(string)", ["n"]), ("probabilities", "tensor(float)", ["n", 3])]),
        (bayes, [("label", "tensor(string)", ["n"]), ("probabilities", "tensor(float)", ["n", 2])]),
        (margin, [("label", "tensor(string)", ["n"]), ("margin", "tensor(double)", ["n", 1])]),
        (KINDS["identity"], [("prediction", "tensor(double)", ["n", 1])]),
    ],
    ids=["logistic", "softmax", "bayes", "sign", "identity"],
)
def test_classifiers_have_the_inputs_and_outputs_of_the_shipped_models(
    make: Callable[[], LearnedModel], outputs: list[Any]
) -> None:
    session = ort.InferenceSession(onnx_bytes(make()), providers=["CPUExecutionProvider"])
    (given_input,) = session.get_inputs()
    assert (given_input.name, given_input.type, given_input.shape) == ("X", "tensor(float)", ["n", 3])
    assert [(node.name, node.type, node.shape) for node in session.get_outputs()] == outputs


def test_the_file_is_valid_onnx() -> None:
    for make in KINDS.values():
        onnx.checker.check_model(onnx.load_model_from_string(onnx_bytes(make())), full_check=True)


def test_the_label_is_the_likelier_class() -> None:
    assert run(linear(), ROWS)["label"].tolist() == ["honest", "fraud", "honest", "honest"]
    assert run(margin(), ROWS)["label"].tolist() == ["honest", "fraud", "honest", "honest"]
    likeliest = np.array(["a", "b", "c"])[three_classes().scores(ROWS).argmax(axis=1)]
    assert run(three_classes(), ROWS)["label"].tolist() == likeliest.tolist()


@pytest.mark.parametrize("make", [linear, margin], ids=["logistic", "sign"])
def test_a_tie_goes_to_the_positive_class(make: Callable[..., LearnedModel]) -> None:
    assert run(make(bias=[0.0]), ROWS[:1])["label"].tolist() == ["fraud"]


def test_a_tie_of_naive_bayes_goes_to_the_positive_class() -> None:
    tied = bayes(means=np.ones((2, 3)), variances=np.ones((2, 3)), log_priors=np.log([0.5, 0.5]))
    assert run(tied, ROWS)["label"].tolist() == ["fraud"] * 4


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_reads_back_as_its_model(kind: str, tmp_path: Path) -> None:
    model, path = KINDS[kind](), tmp_path / "model.onnx"
    path.write_bytes(onnx_bytes(model))
    found = read_onnx(path)
    assert type(found) is type(model)
    for name, value in vars(model).items():
        np.testing.assert_array_equal(getattr(found, name), value)


def test_a_file_that_was_not_learnt_is_refused(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.onnx was not learnt from a stream; `gress models show` tells"):
        read_onnx(repository / "models/fraud-detector/1.0.0/model.onnx")
    (tmp_path / "model.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"model\.onnx is no ONNX file; publish it again"):
        read_onnx(tmp_path / "model.onnx")
    with pytest.raises(ModelError, match=r"missing\.onnx cannot be read: No such file"):
        read_onnx(tmp_path / "missing.onnx")


def test_a_later_format_is_refused(tmp_path: Path) -> None:
    found = onnx.load_model_from_string(onnx_bytes(linear()))
    (entry,) = found.metadata_props
    entry.value = entry.value.replace('"format_version": 1', '"format_version": 2')
    (tmp_path / "model.onnx").write_bytes(found.SerializeToString())
    with pytest.raises(ModelError, match=r"has format 2, this version of gress reads 1; install a later one"):
        read_onnx(tmp_path / "model.onnx")


def test_without_onnx_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ModelError, match=r"^files of learnt models need onnx: .*; pip install 'gress-ml\[learning\]'$"):
        onnx_bytes(linear())
