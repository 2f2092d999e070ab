from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from jobs.workers.hook import write_hook
from jobs.workers.start import MODULE, MODULES

SHOW = "import json, sys; print(json.dumps(sorted(sys.modules)))"


def modules(*path: Path, arguments: tuple[str, ...] = ()) -> set[str]:
    """Names of the modules of a Python with folders on its path."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))}
    command = [sys.executable, "-c", SHOW, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_worker_imports_what_it_needs_as_it_starts(tmp_path: Path) -> None:
    write_hook(tmp_path, MODULE, ["no_such_module", *MODULES, "wave"])
    found = modules(tmp_path, arguments=("-m", MODULE, "--id=1"))
    assert {*MODULES, "wave"} <= found
    assert "boto3" not in found


def test_any_other_python_imports_nothing(tmp_path: Path) -> None:
    write_hook(tmp_path, MODULE, ["wave"])
    found = modules(tmp_path)
    assert "sitecustomize" in found
    # The command of a client looks whether a checkout hides ours.
    assert not {"wave", "apache_beam", "numpy", "jobs"} & found


def test_hook_that_is_hidden_still_counts(tmp_path: Path) -> None:
    for name in ("package", "image"):
        (tmp_path / name).mkdir()
    write_hook(tmp_path / "package", MODULE, [])
    (tmp_path / "image" / "sitecustomize.py").write_text("import wave\n", "utf-8")
    assert "wave" in modules(tmp_path / "package", tmp_path / "image")
