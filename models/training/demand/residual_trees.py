"""Gradient-boosted trees on the residuals of a seasonal series, as one ONNX model with a forecast and an interval.

Features are those of the forecasting job: forecast, scale and error of the series, then the demand of now, then others.
The trees learn ``y / f - 1`` for the series' forecast ``f``; where there is none yet, ``f`` is the demand of now, that
of the same hour a day before. The answers are ``f * (1 + r)`` for three quantiles ``r``: 0.5 is the forecast, 0.1 and
0.9 are the ends of the interval. Trees are too sure of what they have seen, so the ends are moved until they hold 80 %
of the rows of shops that the trees have not seen.

Source of the last step: Romano, Patterson and Candès, Conformalized quantile regression, NeurIPS 2019.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.training.onnx_file import ML_OPSET, OPSET, write_graph

if TYPE_CHECKING:
    from onnx import NodeProto

QUANTILES = (0.5, 0.1, 0.9)
SETTINGS = {"n_estimators": 50, "max_depth": 4, "learning_rate": 0.1, "subsample": 0.5, "min_samples_leaf": 40}
_HELD = 0.8  # share of truths that the interval is to hold
_CALIBRATED = 5  # each fifth shop moves the ends
_FORECAST, _DEMAND = 0, 3
_LEAST = 1.0  # smallest divisor


@dataclass(frozen=True)
class ResidualTrees:
    """One forest for each quantile, as scikit-learn holds them, and how far the ends are moved apart.

    Attributes:
        forests: of ``QUANTILES``, in their order.
        widening: taken from the lower end of ``r``, and added to the upper one.
    """

    forests: tuple[Any, ...]
    widening: float


def seasonal_forecast(features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the forecast of the series, or the present demand where it has none yet, ``(n,)``."""
    known, now = (features[:, place].astype(np.float64) for place in (_FORECAST, _DEMAND))
    return np.maximum(np.where(known > 0, known, now), _LEAST)


def train_residual_trees(
    features: NDArray[np.float32], truth: NDArray[np.float64], shops: NDArray[np.int64], *, seed: int = 0
) -> ResidualTrees:
    """Train the forests on four fifths of the shops, and move the ends by the others.

    Args:
        features: features of rows, ``(n, k)``.
        truth: demand, ``(n,)``.
        shops: number of each row's shop, ``(n,)``.
        seed: of the forests.
    """
    from sklearn.ensemble import GradientBoostingRegressor

    rest = truth / seasonal_forecast(features) - 1
    is_apart = shops % _CALIBRATED == 0
    forests = [
        GradientBoostingRegressor(loss="quantile", alpha=quantile, random_state=seed, **SETTINGS)
        for quantile in QUANTILES
    ]
    fitted = (forest.fit(features[~is_apart], rest[~is_apart]) for forest in forests)
    _, low, high = (forest.predict(features[is_apart]) for forest in fitted)
    beyond = np.maximum(low - rest[is_apart], rest[is_apart] - high)
    return ResidualTrees(tuple(forests), float(np.quantile(beyond, _HELD)))


def write_residual_trees(model: ResidualTrees, width: int, path: Path) -> None:
    """Write the ONNX file: input ``features``, outputs ``forecast`` ``(n, 1)`` and ``interval`` ``(n, 2)``."""
    from onnx import TensorProto, helper, numpy_helper

    constants = {
        "at_forecast": np.array([_FORECAST]),
        "at_demand": np.array([_DEMAND]),
        "none": np.array(0, np.float32),
        "least": np.array(_LEAST, np.float32),
        "moved": np.array([1, 1 - model.widening, 1 + model.widening], np.float32),
        "first": np.array([0]),
        "second": np.array([1]),
        "end": np.array([len(QUANTILES)]),
    }
    graph = helper.make_graph(
        [_as_one([_converted(forest, width) for forest in model.forests]), *_nodes()],
        "demand",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, width])],
        [
            helper.make_tensor_value_info("forecast", TensorProto.FLOAT, [None, 1]),
            helper.make_tensor_value_info("interval", TensorProto.FLOAT, [None, 2]),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    write_graph(graph, path)


def _nodes() -> list[NodeProto]:
    from onnx import helper

    def node(operator: str, inputs: list[str], output: str, **attributes: Any) -> NodeProto:
        return helper.make_node(operator, inputs, [output], **attributes)

    return [
        node("Gather", ["features", "at_forecast"], "known", axis=1),
        node("Gather", ["features", "at_demand"], "now", axis=1),
        node("Greater", ["known", "none"], "is_known"),
        node("Where", ["is_known", "known", "now"], "said"),
        node("Max", ["said", "least"], "base"),
        node("Add", ["rest", "moved"], "factors"),
        node("Mul", ["factors", "base"], "quantiles"),
        node("Slice", ["quantiles", "first", "second", "second"], "forecast"),
        node("Slice", ["quantiles", "second", "end", "second"], "interval"),
    ]


def _converted(forest: Any, width: int) -> dict[str, Any]:
    """Return the attributes of a forest as ONNX has it."""
    from onnx import helper
    from skl2onnx import to_onnx

    made = to_onnx(forest, np.zeros((1, width), np.float32), target_opset={"": OPSET, "ai.onnx.ml": ML_OPSET})
    (trees,) = (each for each in made.graph.node if each.op_type == "TreeEnsembleRegressor")
    return {each.name: helper.get_attribute_value(each) for each in trees.attribute}


def _as_one(forests: list[dict[str, Any]]) -> NodeProto:
    """Return the forests as one with a target for each."""
    from onnx import helper

    merged: dict[str, list[Any]] = {}
    trees = 0
    for target, forest in enumerate(forests):
        given = {name: list(value) for name, value in forest.items() if isinstance(value, (list, tuple))}
        for name in ("nodes_treeids", "target_treeids"):
            given[name] = [tree + trees for tree in given[name]]
        given["target_ids"] = [target] * len(given["target_ids"])
        trees = max(given["nodes_treeids"]) + 1
        for name, values in given.items():
            merged.setdefault(name, []).extend(values)
    attributes: dict[str, Any] = {"n_targets": len(forests), **merged}
    return helper.make_node("TreeEnsembleRegressor", ["features"], ["rest"], domain="ai.onnx.ml", **attributes)
