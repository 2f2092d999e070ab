from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HEAVY = {"keras", "lightgbm", "onnx", "onnxmltools", "onnxruntime", "pandas", "skl2onnx", "sklearn", "tensorflow"}
HEAVY |= {"ai_edge_litert", "torch", "xgboost"}


def test_recipes_load_no_framework(repository: Path) -> None:
    names = [path.stem for path in (repository / "models" / "recipes").glob("*.py") if path.stem != "__init__"]
    imports = ", ".join(f"models.recipes.{name}" for name in sorted(names))
    code = f"import json, sys, {imports}; print(json.dumps(sorted({{m.partition('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert HEAVY & set(json.loads(done.stdout)) == set()
