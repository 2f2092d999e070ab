"""Runtimes of model files, by model type; a runtime imports its library when it loads a model."""

from __future__ import annotations

from collections.abc import Mapping

from models.runtimes.onnx import OnnxRuntime
from models.runtimes.runtime import Runtime
from models.runtimes.tflite import TfliteRuntime

RUNTIMES: Mapping[str, type[Runtime]] = {
    "onnx": OnnxRuntime,
    "tflite": TfliteRuntime,
    "tensorflow": TfliteRuntime,  # a TensorFlow model is served in its converted form
}
