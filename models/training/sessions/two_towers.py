"""Two towers in one ONNX model: one makes a vector of a session, the other holds one of each item of the catalogue.

With ``c_1, .. c_m`` the session's last items, the newest first, its vector is ``L[c_1] + mean of S[c_j]``: what the
last item leads to, and what the session is about. The score of an item is its softmax of ``V[item] . vector + b[item]``
over the items that the session has not just had; those have 0. The rows of ``V`` are the candidate index, a part of the
model's file, so it is in the memory of every worker. Codes that are negative, missing or beyond the catalogue are no
items; a session without any is answered by ``b`` alone.

Source: Covington, Adams and Sargin, Deep neural networks for YouTube recommendations, RecSys 2016, of which this is the
candidate generation without hidden layers; trained by Kingma and Ba, Adam, ICLR 2015.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.training.onnx_file import write_graph

_EPOCHS, _BATCH, _RATE, _DECAY = 12, 512, 0.005, 1e-5
_SCALE = 0.1  # standard deviation of the weights at first
_NEVER = -1e9  # logit of an item that is not to be recommended


@dataclass(frozen=True)
class TwoTowers:
    """Weights, float32.

    Attributes:
        last: vector of each last item, ``(items + 1, width)``; row 0 means none, and is 0.
        session: vector of each item of a session, alike.
        items: vector of each candidate, ``(items, width)``.
        bias: ``(items,)``.
    """

    last: NDArray[np.float32]
    session: NDArray[np.float32]
    items: NDArray[np.float32]
    bias: NDArray[np.float32]


def train_two_towers(
    recent: NDArray[np.float32], following: NDArray[np.int64], items: int, *, width: int = 32, seed: int = 0
) -> TwoTowers:
    """Train on what sessions looked at next, by the cross-entropy of the softmax over all items.

    Args:
        recent: last items of each session so far, the newest first, negative = none, ``(n, m)``.
        following: the item that came next, ``(n,)``.
        items: size of the catalogue.
        width: numbers in a vector.
        seed: of the first weights and the order of rows.
    """
    rng = np.random.default_rng(seed)
    shapes = {"last": (items + 1, width), "session": (items + 1, width), "items": (items, width)}
    weights = {name: rng.normal(0, _SCALE, shape).astype(np.float32) for name, shape in shapes.items()}
    weights["bias"] = np.zeros(items, np.float32)
    weights["last"][0] = weights["session"][0] = 0
    adam = _Adam(weights, steps=_EPOCHS * (len(recent) // _BATCH))
    for _ in range(_EPOCHS):
        order = rng.permutation(len(recent))
        for begin in range(0, len(order) - _BATCH + 1, _BATCH):
            rows = order[begin : begin + _BATCH]
            adam.step(_slopes(weights, recent[rows], following[rows]))
    return TwoTowers(**weights)


def scores_of(towers: TwoTowers, recent: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the score of each item, ``(n, items)``: the oracle of the file."""
    newest, bags = _inputs(recent, len(towers.items))
    return _softmax({each.name: getattr(towers, each.name) for each in fields(towers)}, newest, bags)[0]


def _inputs(recent: NDArray[np.float32], items: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the row of the last item, ``(n,)``, and the share of each item in the session, ``(n, items + 1)``."""
    codes = np.where((recent >= 0) & (recent < items), recent, -1).astype(np.int64) + 1
    counts = np.zeros((len(codes), items + 1), np.float32)
    np.add.at(counts, (np.arange(len(codes))[:, None], codes), 1)
    counts[:, 0] = 0
    return codes[:, 0], counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def _softmax(
    weights: dict[str, NDArray[np.float32]], newest: NDArray[np.int64], bags: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the scores and the vectors of sessions."""
    sessions = weights["last"][newest] + bags @ weights["session"]
    logits = np.where(bags[:, 1:] > 0, np.float32(_NEVER), sessions @ weights["items"].T + weights["bias"])
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True), sessions


def _slopes(
    weights: dict[str, NDArray[np.float32]], recent: NDArray[np.float32], following: NDArray[np.int64]
) -> dict[str, NDArray[np.float32]]:
    """Return the slope of the mean cross-entropy in each weight, with some decay."""
    newest, bags = _inputs(recent, len(weights["items"]))
    scores, sessions = _softmax(weights, newest, bags)
    scores[np.arange(len(scores)), following] -= 1
    errors = scores / np.float32(len(scores))
    back = errors @ weights["items"]
    slopes = {name: _DECAY * own for name, own in weights.items()}
    is_newest = np.zeros_like(bags)
    is_newest[np.arange(len(newest)), newest] = newest > 0
    slopes["last"] += is_newest.T @ back
    slopes["session"] += bags.T @ back
    slopes["items"] += errors.T @ sessions
    slopes["bias"] += errors.sum(axis=0)
    return slopes


class _Adam:
    """Adam's steps, which become shorter to nothing."""

    def __init__(self, weights: dict[str, NDArray[np.float32]], steps: int) -> None:
        self._weights, self._steps, self._done = weights, steps, 0
        self._means = {name: np.zeros_like(own) for name, own in weights.items()}
        self._squares = {name: np.zeros_like(own) for name, own in weights.items()}

    def step(self, slopes: dict[str, NDArray[np.float32]]) -> None:
        rate = _RATE * (1 - self._done / self._steps)
        self._done += 1
        for name, slope in slopes.items():
            mean, square = self._means[name], self._squares[name]
            mean += 0.1 * (slope - mean)
            square += 0.001 * (slope * slope - square)
            size = np.sqrt(square / (1 - 0.999**self._done)) + 1e-8
            self._weights[name] -= (rate * mean / (1 - 0.9**self._done) / size).astype(np.float32)


def write_two_towers(towers: TwoTowers, width: int, path: Path) -> None:
    """Write the ONNX file: input ``features`` ``(n, width)``, the last items; output ``scores`` ``(n, items)``."""
    from onnx import TensorProto, helper, numpy_helper

    items = len(towers.items)
    constants: dict[str, NDArray[Any]] = {
        "items": np.array(items, np.float32),
        "none": np.array(-1, np.float32),
        "zero": np.array(0, np.float32),
        "one": np.array(1, np.float32),
        "never": np.array(_NEVER, np.float32),
        "newest_place": np.array(0, np.int64),
        "places": np.array([1], np.int64),
        "values": np.array([2], np.int64),
        "codes_of_all": np.arange(items, dtype=np.float32).reshape(1, 1, -1),
        "last": towers.last,
        "session": towers.session,
        "candidates": np.ascontiguousarray(towers.items.T),
        "bias": towers.bias,
    }
    graph = helper.make_graph(
        [helper.make_node(kind, inputs, [output], **more) for kind, inputs, output, more in _NODES],
        "recommendations",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, width])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [None, items])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    write_graph(graph, path)


_NODES: tuple[tuple[str, list[str], str, dict[str, Any]], ...] = (
    ("GreaterOrEqual", ["features", "zero"], "is_positive", {}),
    ("Less", ["features", "items"], "is_below", {}),
    ("And", ["is_positive", "is_below"], "is_item", {}),
    ("Where", ["is_item", "features", "none"], "codes", {}),
    ("Add", ["codes", "one"], "rows_as_floats", {}),
    ("Cast", ["rows_as_floats"], "rows", {"to": 7}),  # int64
    ("Gather", ["rows", "newest_place"], "newest", {"axis": 1}),
    ("Gather", ["last", "newest"], "of_last", {"axis": 0}),
    ("Gather", ["session", "rows"], "of_each", {"axis": 0}),
    ("ReduceSum", ["of_each", "places"], "of_all", {"keepdims": 0}),
    ("Cast", ["is_item"], "ones", {"to": 1}),  # float32
    ("ReduceSum", ["ones", "places"], "count", {"keepdims": 1}),
    ("Max", ["count", "one"], "divisor", {}),
    ("Div", ["of_all", "divisor"], "about", {}),
    ("Add", ["of_last", "about"], "vector", {}),
    ("MatMul", ["vector", "candidates"], "products", {}),
    ("Add", ["products", "bias"], "logits", {}),
    ("Unsqueeze", ["codes", "values"], "each_code", {}),
    ("Equal", ["each_code", "codes_of_all"], "is_there", {}),
    ("Cast", ["is_there"], "there", {"to": 1}),
    ("ReduceMax", ["there"], "had", {"axes": [1], "keepdims": 0}),
    ("Greater", ["had", "zero"], "is_had", {}),
    ("Where", ["is_had", "never", "logits"], "open", {}),
    ("Softmax", ["open"], "scores", {"axis": 1}),
)
