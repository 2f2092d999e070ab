"""An anomaly score by three detectors as one ONNX model: an autoencoder on robust z-scores, their largest, and a third.

The graph, for a row of k z-scores and the score of half-space trees, with the autoencoder A on z-scores within ±8:

    autoencoder = sum((z - A(z))**2)        robust_z = max(|z|)        half_space_trees as it comes
    parts = max(0, (score - median) / (98 % quantile - median)) of each, over the rows trained on
    anomaly = mean(parts)

So 1 is what one training row in fifty is beyond, in each part, and the label of a row is its largest part.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.training.onnx_file import write_graph

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

PARTS = ("half_space_trees", "autoencoder", "robust_z")
_LIMIT = 8.0
_HIDDEN = (8, 2, 8)
_USUAL = 0.98


@dataclass(frozen=True)
class Autoencoder:
    """Dense layers with tanh between them, which reproduce their input.

    Attributes:
        weights: matrix of each layer, ``(inputs, outputs)``.
        biases: of each layer.
    """

    weights: tuple[NDArray[np.float64], ...]
    biases: tuple[NDArray[np.float64], ...]

    def __call__(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what comes back, ``(n, k)``."""
        found = rows
        for layer, (weights, biases) in enumerate(zip(self.weights, self.biases, strict=True)):
            found = found @ weights + biases
            if layer < len(self.weights) - 1:
                found = np.tanh(found)
        return found


@dataclass(frozen=True)
class AnomalyModel:
    """The three detectors, and the usual values of each.

    Attributes:
        autoencoder: of the z-scores.
        median: of each part's score over the rows trained on, ``(3,)``.
        span: from there to its 98 % quantile, ``(3,)``.
    """

    autoencoder: Autoencoder
    median: NDArray[np.float64]
    span: NDArray[np.float64]

    def parts(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the parts of rows, ``(n, 3)``."""
        found: NDArray[np.float64] = np.maximum(0.0, (scores(self.autoencoder, features) - self.median) / self.span)
        return found


def scores(autoencoder: Autoencoder, features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the score of each part in its own unit, ``(n, 3)``.

    Args:
        autoencoder: of the z-scores.
        features: z-scores, then the score of half-space trees, ``(n, k + 1)``.
    """
    z = features[:, :-1]
    lost = ((z - autoencoder(np.clip(z, -_LIMIT, _LIMIT))) ** 2).sum(axis=1)
    return np.column_stack([features[:, -1], lost, np.abs(z).max(axis=1)])


def train_anomaly_model(features: NDArray[np.float32], *, seed: int = 0) -> AnomalyModel:
    """Train the autoencoder, which sees no label, and measure the usual values."""
    from sklearn.neural_network import MLPRegressor

    rows = features.astype(np.float64)
    z = np.clip(rows[:, :-1], -_LIMIT, _LIMIT)
    network = MLPRegressor(
        hidden_layer_sizes=_HIDDEN, activation="tanh", max_iter=60, early_stopping=True, random_state=seed
    )
    network.fit(z, z)
    autoencoder = Autoencoder(tuple(network.coefs_), tuple(network.intercepts_))
    median, usual = np.quantile(scores(autoencoder, rows), [0.5, _USUAL], axis=0)
    return AnomalyModel(autoencoder, median, usual - median)


def write_anomaly_model(model: AnomalyModel, path: Path) -> None:
    """Write the ONNX file: input ``features``, outputs ``anomaly`` ``(n, 1)`` and ``parts`` ``(n, 3)``."""
    from onnx import TensorProto, helper

    width = model.autoencoder.weights[0].shape[0]
    nodes, values = _graph(model, width)
    graph = helper.make_graph(
        nodes,
        "anomaly",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, width + 1])],
        [
            helper.make_tensor_value_info("anomaly", TensorProto.FLOAT, [None, 1]),
            helper.make_tensor_value_info("parts", TensorProto.FLOAT, [None, len(PARTS)]),
        ],
        values,
    )
    write_graph(graph, path)


def _graph(model: AnomalyModel, width: int) -> tuple[list[NodeProto], list[TensorProto]]:
    from onnx import helper, numpy_helper

    def node(operator: str, inputs: list[str], output: str, **attributes: Any) -> NodeProto:
        return helper.make_node(operator, inputs, [output], **attributes)

    nodes = [
        node("Slice", ["features", "zero", "width", "one"], "z"),
        node("Slice", ["features", "width", "end", "one"], "half_space_trees"),
        node("Clip", ["z", "low", "high"], "layer_0"),
    ]
    constants: dict[str, NDArray[Any]] = {
        "zero": np.array([0]),
        "one": np.array([1]),
        "width": np.array([width]),
        "end": np.array([width + 1]),
        "low": np.array(-_LIMIT, np.float32),
        "high": np.array(_LIMIT, np.float32),
        "none": np.array(0, np.float32),
        "median": model.median.astype(np.float32),
        "span": model.span.astype(np.float32),
    }
    layers = list(zip(model.autoencoder.weights, model.autoencoder.biases, strict=True))
    for number, (weights, biases) in enumerate(layers, start=1):
        constants |= {f"weights_{number}": weights.astype(np.float32), f"biases_{number}": biases.astype(np.float32)}
        is_last = number == len(layers)
        given = [f"layer_{number - 1}", f"weights_{number}", f"biases_{number}"]
        nodes.append(node("Gemm", given, "back" if is_last else f"sum_{number}"))
        if not is_last:
            nodes.append(node("Tanh", [f"sum_{number}"], f"layer_{number}"))
    nodes += [
        node("Sub", ["z", "back"], "lost"),
        node("ReduceSumSquare", ["lost"], "autoencoder", axes=[1], keepdims=1),
        node("Abs", ["z"], "away"),
        node("ReduceMax", ["away"], "robust_z", axes=[1], keepdims=1),
        node("Concat", list(PARTS), "scores", axis=1),
        node("Sub", ["scores", "median"], "beyond"),
        node("Div", ["beyond", "span"], "spans"),
        node("Max", ["spans", "none"], "parts"),
        node("ReduceMean", ["parts"], "anomaly", axes=[1], keepdims=1),
    ]
    return nodes, [numpy_helper.from_array(value, name) for name, value in constants.items()]
