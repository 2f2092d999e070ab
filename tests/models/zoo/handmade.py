"""Graphs made by hand, with answers by numpy: batch axes, inputs and outputs that converters seldom write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper

from tests.models.zoo.exhibits import Exhibit, Made, draw
from tests.support.sample_models import DATA, net_score, onnx_net, sigmoid, softmax, two_ports, write_onnx

_F, _I, _H, _S = TensorProto.FLOAT, TensorProto.INT64, TensorProto.FLOAT16, TensorProto.STRING
W = np.array([[0.5], [-0.25], [0.1]], dtype=np.float32)
W3 = np.array([[0.5, -0.5, 0.1], [-0.25, 0.3, 0.2], [0.1, 0.1, -0.9]], dtype=np.float32)
_ONE = np.ones(1, dtype=np.float32)
_ROWS = ("x", _F, ["n", 3])
_LINEAR = ("MatMul", ["x", "w"], ["y"])


def _linear(rows: np.ndarray) -> np.ndarray:
    return (rows.astype(float) @ W.astype(float))[:, 0]


def _classes(rows: np.ndarray) -> np.ndarray:
    return softmax(rows.astype(float) @ W3)


def _make(
    folder: Path,
    *,
    nodes: Sequence[tuple[Any, ...]],
    outputs: Sequence[tuple[str, int, list[Any]]],
    inputs: Sequence[tuple[str, int, list[Any]]] = (_ROWS,),
    answer: Callable[[np.ndarray], np.ndarray] | None = None,
    label: Callable[[np.ndarray], np.ndarray] | None = None,
    constants: dict[str, np.ndarray] | None = None,
) -> Made:
    made = [helper.make_node(kind, ins, outs, **(more[0] if more else {})) for kind, ins, outs, *more in nodes]
    path = write_onnx(folder, made, inputs, outputs, {"w": W, "w3": W3, "one": _ONE, **(constants or {})})
    return Made(path, answer, label)


def _graph(kind: str, nodes: Any, outputs: Any, refusal: str = "", **more: Any) -> Exhibit:
    own = {key: more.pop(key) for key in ("options", "columns", "rows", "rtol") if key in more}
    return Exhibit(partial(_make, nodes=nodes, outputs=outputs, **more), kind, refusal=refusal, **own)


def _batch(kind: str, shape: list[Any], answered: list[Any], refusal: str = "") -> Exhibit:
    ports = {"inputs": [("x", _F, shape)], "answer": None if refusal else _linear}
    return _graph(kind, [_LINEAR], [("y", _F, answered)], refusal, **ports)


def _tflite(kind: str, name: str, **more: Any) -> Exhibit:
    made = Made(DATA / name, lambda rows: net_score({"x": rows})["score"][:, 0])
    return Exhibit(lambda _folder: made, kind, columns=tuple("abcd"), rows=draw(4), **more)


def _net(folder: Path) -> Made:
    return Made(onnx_net()(folder), lambda rows: net_score({"x": rows})["score"][:, 0])


def _two_ports(rows: np.ndarray) -> np.ndarray:
    return two_ports({"amount": rows[:, :1], "count": rows[:, 1:]})["probabilities"].max(axis=1)


_TWO_FLOATS = [_LINEAR, ("Abs", ["y"], ["spread"])], [("y", _F, ["n", 1]), ("spread", _F, ["n", 1])]
_SOFTMAX = [("MatMul", ["x", "w3"], ["z"]), ("Softmax", ["z"], ["p"], {"axis": 1})]
_P = [("p", _F, ["n", 3])]
_PAIR = [
    _LINEAR,
    ("Sigmoid", ["y"], ["yes"]),
    ("Sub", ["one", "yes"], ["no"]),
]
_BOTH = [*_PAIR, ("Concat", ["no", "yes"], ["both"], {"axis": 1})], [("both", _F, ["n", 2])]
_NO_YES = _PAIR, [("no", _F, ["n", 1]), ("yes", _F, ["n", 1])]
_SIGN = [_LINEAR, ("Greater", ["y", "w0"], ["sign"]), ("Cast", ["sign"], ["label"], {"to": _I})]
_ZERO = {"w0": np.zeros(1, dtype=np.float32)}
_MIXED = r"answers .* for a row among 5, and .* for the same row alone; export it with the rows as the first dimension"
_DOUBT = r"has several outputs that could be the prediction: 'y' float32 \(n, 1\), 'spread' float32 \(n, 1\); choose"


def _probability(rows: np.ndarray) -> np.ndarray:
    return sigmoid(_linear(rows))


EXHIBITS = {
    "one-value": _batch("dynamic rows, one value", ["n", 3], ["n", 1]),
    "rows-1": _batch("fixed to one row", [1, 3], [1, 1]),
    "rows-4": _batch("fixed to four rows", [4, 3], [4, 1]),
    "flat-value": _graph(
        "one value without a second dimension",
        [("MatMul", ["x", "flat"], ["y"])],
        [("y", _F, ["n"])],
        answer=_linear,
        constants={"flat": W[:, 0].copy()},
    ),
    "no-rows": _batch("no rows at all", [3], [1], "wants input|gave output|gives output|failed in ONNX Runtime"),
    "transposed": _graph(
        "columns first",
        [("MatMul", ["wt", "x"], ["y"])],
        [("y", _F, [1, "n"])],
        r"gave output|gave outputs|failed in ONNX Runtime|does not say how many",
        inputs=[("x", _F, [3, "n"])],
        constants={"wt": W.T.copy()},
    ),
    "transposed-square": _graph(
        "columns first, as many rows as columns",
        [("MatMul", ["wt", "x"], ["y"]), ("Reshape", ["y", "shape"], ["z"])],
        [("z", _F, [3, 1])],
        _MIXED,
        inputs=[("x", _F, [3, 3])],
        constants={"wt": W.T.copy(), "shape": np.array([3, 1])},
    ),
    "mean-over-rows": _graph(
        "one answer for all rows",
        [_LINEAR, ("ReduceMean", ["y"], ["m"], {"axes": [0], "keepdims": 1})],
        [("m", _F, [1, 1])],
        r"gave outputs of 'm' 1 rows for 5 rows",
    ),
    "softmax-over-rows": _graph(
        "rows that share a sum", [_LINEAR, ("Softmax", ["y"], ["p"], {"axis": 0})], [("p", _F, ["n", 1])], _MIXED
    ),
    "centred-over-rows": _graph(
        "rows that share a mean",
        [
            _LINEAR,
            ("ReduceMean", ["y"], ["m"], {"axes": [0], "keepdims": 1}),
            ("Sub", ["y", "m"], ["score"]),
        ],
        [("score", _F, ["n", 1])],
        _MIXED,
    ),
    "two-floats": _graph("two values", *_TWO_FLOATS, _DOUBT),
    "two-floats-chosen": _graph(
        "two values, one chosen", *_TWO_FLOATS, answer=_linear, options={"roles": {"prediction": "y"}}
    ),
    "no-such-output": _graph(
        "two values, another chosen",
        *_TWO_FLOATS,
        r"has no output 'z', it has 'y' float32 \(n, 1\), 'spread' float32 \(n, 1\); name one of them",
        options={"roles": {"prediction": "z"}},
    ),
    "score-beside-prediction": _graph(
        "a telling name that is not the prediction",
        [_LINEAR, ("Abs", ["y"], ["anomaly_score"])],
        [("y", _F, ["n", 1]), ("anomaly_score", _F, ["n", 1])],
        "has several outputs that could be the prediction",
    ),
    "embedding-and-probabilities": _graph(
        "probabilities beside an embedding",
        [("MatMul", ["x", "w3"], ["z"]), ("Softmax", ["z"], ["probabilities"], {"axis": 1})],
        [("z", _F, ["n", 3]), ("probabilities", _F, ["n", 3])],
        options={"task": "multiclass"},
        answer=lambda rows: _classes(rows).max(axis=1),
    ),
    "softmax": _graph(
        "classes, as said",
        _SOFTMAX,
        _P,
        options={"task": "multiclass", "classes": ("x", "y", "z")},
        answer=lambda rows: _classes(rows).max(axis=1),
        label=lambda rows: np.array(["x", "y", "z"])[_classes(rows).argmax(axis=1)],
    ),
    "softmax-unsaid": _graph("classes, not said", _SOFTMAX, _P, r"gave 3 values a row and does not say what they are"),
    "softmax-wrong-classes": _graph(
        "two names for three classes",
        _SOFTMAX,
        _P,
        r"gives 3 scores a row \(p\), got 2 classes",
        options={"classes": ("a", "b")},
    ),
    "two-classes": _graph(
        "two classes, as said", *_BOTH, options={"task": "binary"}, answer=_probability
    ),
    "two-classes-named": _graph(
        "two classes with names",
        *_BOTH,
        options={"task": "binary", "classes": ("no", "yes")},
        answer=_probability,
        label=lambda rows: np.where(_probability(rows) >= 0.5, "yes", "no"),
    ),
    "two-classes-first": _graph(
        "two classes, the first positive",
        *_BOTH,
        options={"task": "binary", "classes": ("no", "yes"), "roles": {"positive_class": "no"}},
        answer=lambda rows: 1 - _probability(rows),
        label=lambda rows: np.where(_probability(rows) > 0.5, "yes", "no"),
    ),
    "column-for-each-class": _graph(
        "a column for each class, as said",
        *_NO_YES,
        options={"roles": {"scores": ["no", "yes"]}, "classes": ("no", "yes")},
        answer=_probability,
    ),
    "column-for-each-class-unsaid": _graph("a column for each class, not said", *_NO_YES, "has several outputs"),
    "label-alone": _graph(
        "a label alone", _SIGN, [("label", _I, ["n", 1])], r"has no output of numbers .* --prediction", constants=_ZERO
    ),
    "label-as-number": _graph(
        "a label alone, as chosen",
        _SIGN,
        [("label", _I, ["n", 1])],
        constants=_ZERO,
        options={"roles": {"prediction": "label"}},
        answer=lambda rows: (_linear(rows) > 0).astype(float),
    ),
    "count-alone": _graph(
        "a whole number alone",
        [_LINEAR, ("Round", ["y"], ["r"]), ("Cast", ["r"], ["count"], {"to": _I})],
        [("count", _I, ["n", 1])],
        answer=lambda rows: np.rint(_linear(rows)),
    ),
    "number-beside-value": _graph(
        "a whole number that may be a label",
        [*_SIGN, ("Identity", ["label"], ["leaf"])],
        [("y", _F, ["n", 1]), ("leaf", _I, ["n", 1])],
        r"has outputs that could be its label: 'leaf' int64 \(n, 1\); name it with --label OUTPUT; for none",
        constants=_ZERO,
    ),
    "swapped-classes": _graph(
        "classes in another order than the label says",
        [*_BOTH[0], ("ArgMax", ["both"], ["label"], {"axis": 1, "keepdims": 0})],
        [("label", _I, ["n"]), ("both", _F, ["n", 2])],
        "gives a label that is not the class of its largest score",
        options={"classes": ("1", "0")},
    ),
    "cube": _graph(
        "an answer of three dimensions",
        [("Unsqueeze", ["x", "at"], ["y"])],
        [("y", _F, ["n", 3, 1])],
        r"gives output 'y' as float32 \(n, 3, 1\), expected \(n,\) or \(n, c\)",
        constants={"at": np.array([2])},
    ),
    "picture": _graph(
        "an input of three dimensions",
        [("ReduceSum", ["x", "axes"], ["y"], {"keepdims": 0})],
        [("y", _F, ["n"])],
        r"wants input 'x' float32 \(n, 3, 2\), got features \(n, k\)",
        inputs=[("x", _F, ["n", 3, 2])],
        constants={"axes": np.array([1, 2])},
    ),
    "free-width": _graph(
        "an input of any width",
        [("ReduceSum", ["x", "axes"], ["y"], {"keepdims": 1})],
        [("y", _F, ["n", 1])],
        r"does not say how many columns it takes; name them: --features FILE",
        inputs=[("x", _F, ["n", "k"])],
        constants={"axes": np.array([1])},
    ),
    "float16": _graph(
        "half precision inside and outside",
        [("Cast", ["w"], ["wh"], {"to": _H}), ("MatMul", ["x", "wh"], ["y"])],
        [("y", _H, ["n", 1])],
        inputs=[("x", _H, ["n", 3])],
        answer=lambda rows: (rows.astype(np.float16) @ W.astype(np.float16)).astype(float)[:, 0],
        rtol=1e-3,  # float16 has 11 bits, and the order of a sum is the library's own
    ),
    "grouped-inputs": _graph(
        "inputs of several columns each, by name",
        [("Concat", ["amount", "country"], ["x"], {"axis": 1}), _LINEAR],
        [("y", _F, ["n", 1])],
        inputs=[("amount", _F, ["n", 1]), ("country", _F, ["n", 2])],
        columns=("country_DE", "amount", "country_FR"),
        answer=lambda rows: _linear(rows[:, [1, 0, 2]]),
    ),
    "inputs-of-two-types": Exhibit(
        partial(
            _make,
            nodes=[("Cast", ["count"], ["cf"], {"to": _F}), ("Add", ["amount", "cf"], ["y"])],
            outputs=[("y", _F, ["n", 1])],
            inputs=[("amount", _F, ["n", 1]), ("count", _I, ["n", 1])],
            answer=lambda rows: rows.sum(axis=1),
        ),
        "named inputs of two types",
        columns=("count", "amount"),
        rows=draw(2, whole=True),
    ),
    "text-answer": _graph(
        "an answer of text",
        [_LINEAR, ("Cast", ["y"], ["t"], {"to": _S})],
        [("t", _S, ["n", 1])],
        r"has no output of numbers to predict with, it has 't' string \(n, 1\); export it with probabilities",
    ),
    "network": Exhibit(_net, "network of two layers", columns=tuple("abcd"), rows=draw(4)),
    "tflite": _tflite("TFLite, free rows", "float.tflite"),
    "tflite-rows-1": _tflite("TFLite, fixed to one row", "fixed_batch_1.tflite"),
    "tflite-rows-8": _tflite("TFLite, fixed to eight rows", "fixed_batch_8.tflite"),
    "tflite-stuck": _tflite("TFLite, declares free rows and takes one", "stuck.tflite"),
    "tflite-two-inputs": Exhibit(
        lambda _folder: Made(DATA / "two_ports.tflite", _two_ports),
        "TFLite, two named inputs and outputs",
        {"task": "multiclass"},
        columns=("amount", "count"),
        rows=draw(2, whole=True),
    ),
}
