"""Writing a model file that gress can score."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.errors import ModelError
from models.inspect import spec_from_file
from models.recipes.agreement import Answers, compare
from models.scoring.loaded import load_model


def write_model(
    content: bytes,
    path: Path,
    *,
    task: str,
    width: int,
    columns: Sequence[str] | None = None,
    answers: Answers | None = None,
) -> None:
    """Writes the file once it has been opened and run as it will be served; a refused one leaves nothing behind.

    Args:
        content: Of the file.
        path: Its suffix says what it is; the folder must be there.
        task: As in model.json.
        width: Columns of its one input.
        columns: Their names.
        answers: What it must answer.

    Raises:
        ModelError: gress cannot open or run it, or it answers otherwise than its framework.
    """
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        draft = Path(folder) / f"model{path.suffix}"
        draft.write_bytes(content)
        try:
            _try_out(draft, width, answers, task=task, feature_columns=columns and tuple(columns))
        except ModelError as error:  # the draft, and its name, are gone in a moment
            raise ModelError.of_file(path, error.problem, error.fix) from error
        draft.replace(path)


def check_suffix(path: Path, suffix: str) -> None:
    """Refuses a name by which the file could not be told from others.

    Raises:
        ValueError: Another suffix.
    """
    if path.suffix.lower() != suffix:
        msg = f"{path}: expected a file name that ends in {suffix}, got {path.suffix!r}; rename it"
        raise ValueError(msg)


def _try_out(draft: Path, width: int, answers: Answers | None, **fields: Any) -> None:
    spec = spec_from_file(draft, "draft", "1", **fields)
    if [(tensor.dtype, tensor.shape) for tensor in spec.inputs] != [("float32", (None, width))]:
        got = ", ".join(map(str, spec.inputs))
        raise ModelError(spec.ref, f"has inputs {got}, expected one float32 (n, {width})")
    model = load_model(spec, draft)
    try:
        model.warmup(2)
        if answers is not None:
            compare(spec.ref, answers, model.predict_matrix(answers.rows))
    finally:
        model.close()
