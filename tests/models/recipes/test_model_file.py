from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.errors import ModelError
from models.recipes.agreement import ReferenceScores
from models.recipes.model_file import check_suffix, write_model
from tests.support.sample_models import net_score

ROWS = np.random.default_rng(0).uniform(-2, 2, (9, 4)).astype(np.float32)
SCORES = net_score({"x": ROWS})["score"][:, 0]


def test_file_that_agrees_is_written(net_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "my model.onnx"
    write_model(net_file.read_bytes(), path, task="binary", width=4, answers=ReferenceScores(ROWS, SCORES, None, 1e-4))
    assert path.read_bytes() == net_file.read_bytes()
    assert sorted(tmp_path.iterdir()) == [net_file, path]


def test_refused_file_leaves_what_was_there(net_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "fraud.onnx"
    path.write_bytes(b"before")
    wrong = ReferenceScores(ROWS, 1 - SCORES, None, 1e-4)
    with pytest.raises(ModelError, match=r"fraud\.onnx answers .* for row"):
        write_model(net_file.read_bytes(), path, task="binary", width=4, answers=wrong)
    assert path.read_bytes() == b"before"
    assert sorted(tmp_path.iterdir()) == [path, net_file]


def test_file_of_other_width_is_refused(net_file: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"fraud\.onnx has inputs 'x' .*, expected one"):
        write_model(net_file.read_bytes(), tmp_path / "fraud.onnx", task="binary", width=5)


def test_file_that_does_not_fit_its_task_is_refused(net_file: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"fraud\.onnx is multiclass, but gave 1 value a row"):
        write_model(net_file.read_bytes(), tmp_path / "fraud.onnx", task="multiclass", width=4)


def test_other_suffix_is_refused() -> None:
    with pytest.raises(ValueError, match=r"m\.bin: expected a file name that ends in \.onnx, got '\.bin'; rename it"):
        check_suffix(Path("m.bin"), ".onnx")
