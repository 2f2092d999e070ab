"""A small dense network with two answers, the chance of a failure and the remaining life, as ONNX."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.training.onnx_file import write_graph

_HIDDEN = 24
_LONGEST_H = 240.0
"""Longer remaining lives look the same, and count as this one."""
# Of remaining lives the logarithm is learnt: an hour counts the more, the fewer are left.
_LONGEST_LOG = float(np.log1p(_LONGEST_H))


@dataclass(frozen=True)
class WearNetwork:
    """Layers of two networks with one hidden layer each, side by side.

    Attributes:
        mean: of each feature in training, (k,).
        scale: standard deviation of each, (k,).
        hidden: weights (k, 2 h) and bias (2 h,).
        answers: weights (2 h, 2), zero between the networks, and bias (2,): the logit, and the share
            of the logarithm of the longest life.
    """

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    hidden: tuple[NDArray[np.float32], NDArray[np.float32]]
    answers: tuple[NDArray[np.float32], NDArray[np.float32]]


def train_wear_network(
    features: NDArray[np.float32], fails: NDArray[Any], hours_left: NDArray[Any], *, seed: int = 0
) -> WearNetwork:
    """Train one network on failures, the other on remaining lives.

    Args:
        features: (n, k).
        fails: 1 = within the horizon, (n,).
        hours_left: remaining life, (n,).
        seed: of the first weights and of the order of rows.
    """
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    mean, scale = features.mean(axis=0), features.std(axis=0)
    rows = (features - mean) / scale
    options: dict[str, Any] = {
        "hidden_layer_sizes": (_HIDDEN,), "alpha": 1e-3, "early_stopping": True, "max_iter": 100, "random_state": seed,
    }  # fmt: skip
    chance = MLPClassifier(**options).fit(rows, fails)
    life = MLPRegressor(**options).fit(rows, np.log1p(np.minimum(hours_left, _LONGEST_H)) / _LONGEST_LOG)
    both = (chance, life)
    nothing = np.zeros((_HIDDEN, 1))
    return WearNetwork(
        mean,
        scale,
        (
            np.hstack([each.coefs_[0] for each in both]).astype(np.float32),
            np.hstack([each.intercepts_[0] for each in both]).astype(np.float32),
        ),
        (
            np.block([[chance.coefs_[1], nothing], [nothing, life.coefs_[1]]]).astype(np.float32),
            np.hstack([each.intercepts_[1] for each in both]).astype(np.float32),
        ),
    )


def write_wear_network(network: WearNetwork, path: Path) -> None:
    """Write the file: input ``features`` (n, k), outputs ``failure_chance`` and ``hours_left``, (n, 1) each."""
    from onnx import TensorProto, helper, numpy_helper

    constants = {
        "mean": network.mean, "scale": network.scale,
        "w1": network.hidden[0], "b1": network.hidden[1], "w2": network.answers[0], "b2": network.answers[1],
        "longest": np.array(_LONGEST_LOG, np.float32), "one": np.array(1, np.float32), "parts": np.array([1, 1]),
    }  # fmt: skip
    steps: list[tuple[str, list[str], list[str], dict[str, Any]]] = [
        ("Sub", ["features", "mean"], ["centred"], {}),
        ("Div", ["centred", "scale"], ["scaled"], {}),
        ("Gemm", ["scaled", "w1", "b1"], ["weighed"], {}),
        ("Relu", ["weighed"], ["hidden"], {}),
        ("Gemm", ["hidden", "w2", "b2"], ["answers"], {}),
        ("Split", ["answers", "parts"], ["logit", "share"], {"axis": 1}),
        ("Sigmoid", ["logit"], ["failure_chance"], {}),
        ("Relu", ["share"], ["positive"], {}),
        ("Mul", ["positive", "longest"], ["logarithm"], {}),
        ("Exp", ["logarithm"], ["hours_and_one"], {}),
        ("Sub", ["hours_and_one", "one"], ["hours_left"], {}),
    ]
    graph = helper.make_graph(
        [helper.make_node(name, inputs, outputs, **more) for name, inputs, outputs, more in steps],
        "wear",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, len(network.mean)])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1])
            for name in ("failure_chance", "hours_left")
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    write_graph(graph, path)


def answers_of(network: WearNetwork, features: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return chances of a failure and remaining lives in hours, (n,) each, computed without ONNX."""
    rows = (features - network.mean) / network.scale
    hidden = np.maximum(rows @ network.hidden[0] + network.hidden[1], 0)
    said = (hidden @ network.answers[0] + network.answers[1]).astype(np.float64)
    return 1 / (1 + np.exp(-said[:, 0])), np.expm1(np.maximum(said[:, 1], 0) * _LONGEST_LOG)
