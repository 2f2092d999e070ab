"""Keras to TensorFlow Lite, with or without quantisation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.recipes.agreement import ReferenceScores, sample_rows
from models.recipes.conversion import converting
from models.recipes.model_file import check_suffix, write_model

Quantize = Literal["dynamic", "int8"]
_TOLERANCE = {None: 1e-4, "dynamic": 0.02, "int8": 0.1}


def to_tflite(
    model: Any,
    path: Path,
    *,
    quantize: Quantize | None = None,
    samples: NDArray[np.float32] | None = None,
    check: NDArray[np.float32] | None = None,
    tolerance: float | None = None,
) -> None:
    """Write a Keras model of one input (n, k) and one output (n, c) as .tflite.

    ``dynamic`` keeps the weights of large layers as int8 and rounds their inputs batch by batch. ``int8`` computes in
    integers, with one scale for the whole input. If columns have different ranges, this scale loses the small ones,
    even if the model scales its input itself, so scale the columns before the model.

    Args:
        model: a model that ends in a sigmoid or softmax if it should give probabilities.
        path: path of the file; ends in .tflite.
        quantize: quantisation of weights and computation; None = none.
        samples: for int8, some hundreds of typical rows, float32 (m, k), which set the ranges.
        check: rows float32 (n, k) that the file must score as the model does.
        tolerance: largest difference, relative to the largest answer; None = 0.0001, dynamic 0.02, int8 0.1.

    Raises:
        ValueError: the model's input, the rows or the options do not fit.
        ModelError: the model cannot be converted, or the file answers differently.

    Source: https://ai.google.dev/edge/litert/models/post_training_quantization
    """
    check_suffix(path, ".tflite")
    width = _width(model)
    ranges = _ranges(quantize, samples, width)
    answers = None
    if check is not None:
        allowed = _TOLERANCE[quantize] if tolerance is None else tolerance
        answers = _answers_of(model, sample_rows(check, width), allowed)
    content = _convert(model, quantize, ranges)
    task = "unknown" if model.outputs[0].shape[-1] == 1 else "multiclass"
    write_model(content, path, task=task, width=width, answers=answers)


def _width(model: Any) -> int:
    shapes = [tuple(tensor.shape) for tensor in getattr(model, "inputs", None) or ()]  # none before the model is built
    if len(shapes) != 1 or len(shapes[0]) != 2 or shapes[0][0] is not None or shapes[0][1] is None:
        msg = f"{model.name}: expected one input of shape (None, k), got {shapes}; join its inputs in one matrix"
        raise ValueError(msg)
    if len(model.outputs) != 1 or len(model.outputs[0].shape) != 2:
        got = [tuple(tensor.shape) for tensor in model.outputs]
        msg = f"{model.name}: expected one output of shape (None, c), got {got}; leave out what is not the prediction"
        raise ValueError(msg)
    return int(shapes[0][1])


def _ranges(
    quantize: str | None, samples: NDArray[np.float32] | None, width: int
) -> Callable[[], Iterator[list[NDArray[np.float32]]]] | None:
    """Return the function that the converter calls for the rows to measure ranges on."""
    if quantize not in _TOLERANCE:
        msg = f"quantize: expected None, 'dynamic' or 'int8', got {quantize!r}"
        raise ValueError(msg)
    if (quantize == "int8") != (samples is not None):
        got = f"quantize={quantize!r} {'without' if samples is None else 'with'} samples"
        msg = f"samples: expected them with quantize='int8' and only there, got {got}"
        raise ValueError(msg)
    if samples is None:
        return None
    rows = sample_rows(samples, width, "samples")
    return lambda: ([row[None]] for row in rows)


def _answers_of(model: Any, rows: NDArray[np.float32], tolerance: float) -> ReferenceScores:
    values = np.asarray(model.predict(rows, verbose=0), dtype=np.float64)
    return ReferenceScores(rows, values[:, 0] if values.shape[1] == 1 else values, None, tolerance)


def _convert(model: Any, quantize: str | None, ranges: Callable[[], Iterator[Any]] | None) -> bytes:
    import tensorflow as tf

    with converting(model, "see https://ai.google.dev/edge/litert/models/ops_compatibility"):
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        if quantize is not None:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if ranges is not None:
            converter.representative_dataset = ranges
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = converter.inference_output_type = tf.int8
        return bytes(converter.convert())
