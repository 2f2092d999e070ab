"""Quantised files: TensorFlow Lite and ONNX, against the same library called without gress.

A quantised file rounds to steps of its scale, so numpy cannot give its answers: the library itself does. What gress
adds, rounding on the way in and scaling on the way out, is done here in double precision; hence 1e-5 relative.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tests.models.zoo.exhibits import Exhibit, Made, draw
from tests.support.sample_models import DATA, onnx_net

_ROWS = draw(4)


def _litert(path: Path) -> Callable[[np.ndarray], np.ndarray]:
    def score(rows: np.ndarray) -> np.ndarray:
        from ai_edge_litert.interpreter import Interpreter

        interpreter = Interpreter(model_path=str(path))
        interpreter.allocate_tensors()
        source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
        size = int(source["shape"][0])
        answers = []
        for row in rows:
            interpreter.set_tensor(source["index"], np.repeat(_stored(row, source)[None], size, axis=0))
            interpreter.invoke()
            answers.append(_real(interpreter.get_tensor(target["index"])[0], target))
        return np.concatenate(answers)

    return score


def _stored(row: np.ndarray, detail: Any) -> np.ndarray:
    scale, zero = detail["quantization"]
    if not scale:
        return row
    limits = np.iinfo(detail["dtype"])
    return np.clip(np.rint(row.astype(float) / scale) + zero, limits.min, limits.max).astype(detail["dtype"])


def _real(stored: np.ndarray, detail: Any) -> np.ndarray:
    scale, zero = detail["quantization"]
    return (stored.astype(float) - zero) * scale if scale else stored.astype(float)


def _tflite(kind: str, name: str) -> Exhibit:
    made = Made(DATA / name, _litert(DATA / name))
    return Exhibit(lambda _folder: made, kind, columns=tuple("abcd"), rows=_ROWS, rtol=1e-5)


def _onnxruntime(path: Path) -> Callable[[np.ndarray], np.ndarray]:
    def score(rows: np.ndarray) -> np.ndarray:
        import onnxruntime

        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        return np.asarray(session.run(None, {"x": rows})[0])

    return score


class _Calibration:
    """Rows that set the ranges of a statically quantised model."""

    def __init__(self) -> None:
        self._rows = iter(np.random.default_rng(1).uniform(-2, 2, size=(50, 1, 4)).astype(np.float32))

    def get_next(self) -> dict[str, np.ndarray] | None:
        row = next(self._rows, None)
        return None if row is None else {"x": row}


def _dynamic(folder: Path, *, weights: str) -> Made:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    path = folder / "quantised.onnx"
    # Without the reduced range, products of int8 saturate on processors that lack the instructions for them.
    quantize_dynamic(onnx_net()(folder), path, weight_type=QuantType[weights], reduce_range=True)
    return Made(path, _onnxruntime(path))


def _static(folder: Path) -> Made:
    from onnxruntime.quantization import quantize_static

    path = folder / "quantised.onnx"
    quantize_static(onnx_net()(folder), path, _Calibration())
    return Made(path, _onnxruntime(path))


def _onnx(kind: str, make: Callable[[Path], Made]) -> Exhibit:
    return Exhibit(make, kind, columns=tuple("abcd"), rows=_ROWS, rtol=1e-5)


EXHIBITS = {
    "tflite-int8": _tflite("TFLite, int8", "int8.tflite"),
    "tflite-uint8": _tflite("TFLite, uint8", "uint8.tflite"),
    "tflite-int8-rows-4": _tflite("TFLite, int8, fixed to four rows", "int8_fixed_4.tflite"),
    "tflite-dynamic-range": _tflite("TFLite, int8 weights", "dynamic_range.tflite"),
    "onnx-dynamic-int8": _onnx("ONNX, int8 weights", partial(_dynamic, weights="QInt8")),
    "onnx-dynamic-uint8": _onnx("ONNX, uint8 weights", partial(_dynamic, weights="QUInt8")),
    "onnx-static": _onnx("ONNX, int8 with measured ranges", _static),
}
