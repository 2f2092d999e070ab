from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
import models.scoring.loaded, models.registry, models.inspect
from models.runtimes import RUNTIMES
heavy = {"onnxruntime", "ai_edge_litert", "tflite_runtime", "onnx", "sklearn", "pandas", "pyarrow", "pyflink"}
print(sorted(heavy & set(sys.modules)), sorted(RUNTIMES))
"""


def test_importing_the_package_loads_no_runtime_library() -> None:
    out = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[] ['onnx', 'tensorflow', 'tflite']"
