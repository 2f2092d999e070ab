from __future__ import annotations

import numpy as np
import pytest

from models.recipes.pytorch import to_onnx
from tests.models.recipes.frameworks import require
from tests.models.recipes.sample_rows import COLUMNS, ROW_COUNTS, score

ROWS = np.random.default_rng(0).normal(size=(500, 4)).astype(np.float32)


@pytest.fixture(autouse=True)
def _frameworks():
    require("torch", "onnxscript")


def net(width, *last):
    from torch import manual_seed, nn

    manual_seed(0)
    hidden = [nn.Linear(4, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.5)]
    return nn.Sequential(*hidden, nn.Linear(64, width), *last)


def probabilities(kind):
    from torch import nn

    return {"binary": [nn.Sigmoid()], "multiclass": [nn.Softmax(1)], "regression": [], "flat": [nn.Flatten(0)]}[kind]


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression", "flat"])
def test_file_scores_as_the_module_in_eval_mode(kind, tmp_path):
    import torch

    width = 3 if kind == "multiclass" else 1
    module = net(width, *probabilities(kind))
    path = tmp_path / "m.onnx"
    to_onnx(module, COLUMNS, path, check=ROWS)
    assert module.training
    assert list(tmp_path.iterdir()) == [path]  # the registry takes one file
    with torch.no_grad():
        want = module.eval()(torch.from_numpy(ROWS)).numpy().reshape(-1, width)
    for n in ROW_COUNTS:
        got = score(path, ROWS[:n], task="multiclass" if width > 1 else "unknown")
        values = got.prediction[:, None] if width == 1 else got.scores
        np.testing.assert_allclose(values, want[:n], atol=1e-5)


def test_outputs_that_are_no_rows_are_refused(tmp_path):
    from torch import nn

    with pytest.raises(ValueError, match=r"Flatten: expected an output \(n,\) or \(n, c\), got \(8,\) for 2 rows"):
        to_onnx(nn.Flatten(0), COLUMNS, tmp_path / "m.onnx")
