"""PyTorch to ONNX; needs torch and onnxscript, which no extra installs.

Tested with torch 2.15 and onnxscript 0.7.2. The two must be of one time: this onnxscript does not convert the batch
normalisation of torch 2.6.
"""

from __future__ import annotations

import copy
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.recipes.agreement import ReferenceScores, sample_rows
from models.recipes.conversion import converting
from models.recipes.model_file import check_suffix, write_model

_OPSET = 18  # the exporter writes this one; ONNX Runtime 1.17 and later read it


def to_onnx(
    model: Any,
    columns: Sequence[str],
    path: Path,
    *,
    check: NDArray[np.float32] | None = None,
    tolerance: float = 1e-4,
) -> None:
    """Write a module from float32 (n, k) to (n,), (n, 1) or (n, c) as ONNX, all weights in the one file.

    The file computes as the module does in eval mode on the CPU; the module itself does not change.

    Args:
        model: an nn.Module that ends in a sigmoid or softmax if it should give probabilities.
        columns: names of the k columns, in the order of the training.
        path: path of the file; ends in .onnx.
        check: rows float32 (n, k) that the file must score as the module does.
        tolerance: largest difference, relative to the largest answer.

    Raises:
        ValueError: the module's output or the rows do not fit.
        ModelError: the module cannot be converted, or the file answers differently.

    Source: https://docs.pytorch.org/docs/stable/onnx.html
    """
    check_suffix(path, ".onnx")
    width = len(columns)
    module = copy.deepcopy(model).cpu().eval()
    # Two rows, because the exporter would take a single row's count for a constant.
    shape = _run(module, np.zeros((2, width), np.float32)).shape
    if len(shape) not in (1, 2) or shape[0] != 2:
        msg = f"{type(model).__name__}: expected an output (n,) or (n, c), got {shape} for 2 rows; flatten it"
        raise ValueError(msg)
    is_single = shape[1:] in ((), (1,))
    answers = None
    if check is not None:
        rows = sample_rows(check, width)
        values = _run(module, rows).astype(np.float64)
        answers = ReferenceScores(rows, values.reshape(-1) if is_single else values, None, tolerance)
    content = _convert(module, width)
    task = "unknown" if is_single else "multiclass"
    write_model(content, path, task=task, width=width, columns=columns, answers=answers)


def _run(module: Any, rows: NDArray[np.float32]) -> NDArray[Any]:
    import torch

    with torch.no_grad():
        return np.asarray(module(torch.from_numpy(rows)).numpy())


def _convert(module: Any, width: int) -> bytes:
    import torch

    file = io.BytesIO()
    with converting(module, "see https://docs.pytorch.org/docs/stable/onnx.html"):
        torch.onnx.export(
            module,
            (torch.zeros((2, width)),),
            file,
            input_names=["X"],
            output_names=["score"],
            opset_version=_OPSET,
            dynamic_shapes=({0: torch.export.Dim("n")},),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    return file.getvalue()
