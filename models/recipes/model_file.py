"""Writer of model files that gress can score."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.errors import ModelError, fail
from models.inspect import spec_from_file
from models.recipes.agreement import ReferenceScores, compare
from models.scoring.loaded import load_model


def write_model(
    content: bytes,
    path: Path,
    *,
    task: str,
    width: int,
    columns: Sequence[str] | None = None,
    answers: ReferenceScores | None = None,
) -> None:
    """Load and run the file as a job would, then move it to its path; a refused file leaves nothing behind.

    Args:
        content: bytes of the file.
        path: path of the file, whose suffix says its type; the folder must exist.
        task: task as in model.json.
        width: number of columns of its one input.
        columns: names of the columns.
        answers: answers that the file must give.

    Raises:
        ModelError: gress cannot load or run the file, or it answers differently from its framework.
    """
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        draft = Path(folder) / f"model{path.suffix}"
        draft.write_bytes(content)
        try:
            _try_out(draft, width, answers, task=task, feature_columns=columns and tuple(columns))
        except ModelError as error:  # the user does not know the name of the draft, which is removed at once
            raise ModelError.of_file(path, error.problem, error.fix) from error
        draft.replace(path)


def check_suffix(path: Path, suffix: str) -> None:
    """Refuse a file name without the suffix of its type.

    Raises:
        ValueError: the name has another suffix.
    """
    if path.suffix.lower() != suffix:
        msg = f"{path}: expected a file name that ends in {suffix}, got {path.suffix!r}; rename it"
        raise ValueError(msg)


def _try_out(draft: Path, width: int, answers: ReferenceScores | None, **fields: Any) -> None:
    spec = spec_from_file(draft, "draft", "1", **fields)
    if [(tensor.dtype, tensor.shape) for tensor in spec.inputs] != [("float32", (None, width))]:
        got = ", ".join(map(str, spec.inputs))
        fail(spec.ref, f"has inputs {got}, expected one float32 (n, {width})")
    model = load_model(spec, draft)
    try:
        model.warmup(2)
        if answers is not None:
            compare(spec.ref, answers, model.predict_matrix(answers.rows))
    finally:
        model.close()
