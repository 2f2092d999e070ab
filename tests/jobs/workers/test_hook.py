from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.workers.hook import write_hook
from jobs.workers.start import MODULE, MODULES

WORKER = ("-m", MODULE, "--id=1")
SHOW = "import json, sys; print(json.dumps(sorted(sys.modules)))"


def modules(*path: Path, arguments: tuple[str, ...] = ()) -> set[str]:
    """Names of the modules of a Python with folders on its path."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))}
    command = [sys.executable, "-c", SHOW, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder with the hook of a package, which has a module that fails."""
    made = folder(tmp_path, "package", "broken.py", "raise ValueError('of other binaries')\n")
    write_hook(made, MODULE, ["broken", "wave"])
    return made


def folder(parent: Path, name: str, file: str, text: str) -> Path:
    """Make a folder with a file."""
    (parent / name / file).parent.mkdir(parents=True)
    (parent / name / file).write_text(text, "utf-8")
    return parent / name


def test_worker_imports_what_it_needs_as_it_starts(tmp_path: Path) -> None:
    write_hook(tmp_path, MODULE, ["no_such_module", *MODULES, "wave"])
    found = modules(tmp_path, arguments=WORKER)
    assert {*MODULES, "wave"} <= found
    assert "boto3" not in found


def test_any_other_python_imports_nothing(tmp_path: Path) -> None:
    write_hook(tmp_path, MODULE, ["wave"])
    found = modules(tmp_path)
    assert "sitecustomize" in found
    # The command of a client looks whether a checkout hides ours.
    assert not {"wave", "apache_beam", "numpy", "jobs"} & found


def test_hook_that_is_hidden_still_counts(tmp_path: Path, package: Path) -> None:
    image = folder(tmp_path, "image", "sitecustomize.py", "import colorsys\n")
    assert "colorsys" in modules(package, image)
    assert "colorsys" not in modules(package)


def test_path_may_lead_nowhere(tmp_path: Path, package: Path) -> None:
    image = folder(tmp_path, "image", "sitecustomize.py", "import colorsys\n")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert {"colorsys", "wave"} <= modules(tmp_path / "loop", package, tmp_path / "none", image, arguments=WORKER)


def test_hook_that_is_hidden_may_be_a_package(tmp_path: Path, package: Path) -> None:
    image = folder(tmp_path, "image", "sitecustomize/__init__.py", "from sitecustomize import inner\n")
    (image / "sitecustomize" / "inner.py").write_text("import colorsys\n", "utf-8")
    assert "colorsys" in modules(package, image)


def test_worker_imports_what_it_can(tmp_path: Path, package: Path) -> None:
    image = folder(tmp_path, "image", "sitecustomize.py", "raise ValueError('of the image')\n")
    assert "wave" in modules(package, image, arguments=WORKER)


def test_hook_may_hide_one_of_its_kind(tmp_path: Path, package: Path) -> None:
    older = folder(tmp_path, "older", "other.py", "")
    write_hook(older, MODULE, ["other"])
    image = folder(tmp_path, "image", "sitecustomize.py", "import colorsys\n")
    assert {"wave", "other", "colorsys"} <= modules(package, older, image, arguments=WORKER)
