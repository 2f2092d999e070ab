"""Proof that a model file is what its spec says, before it becomes a version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.checksum import verify_checksum
from models.errors import ModelError
from models.lifecycle.raw_columns import SampleRaw
from models.scoring.loaded import LoadedModel, load_model
from models.scoring.sample_rows import check_rows, with_examples
from models.scoring.sessions import SessionPool
from models.scoring.signature import bind_inputs, check_inputs
from models.spec import ModelSpec

if TYPE_CHECKING:
    from models.lifecycle.golden_file import GoldenFile

BaselineOf = Callable[[LoadedModel], Mapping[str, Any]]
"""A function that makes the drift baseline of a loaded model."""


def prove(
    spec: ModelSpec,
    file: Path,
    golden: Path | GoldenFile | None = None,
    baseline: BaselineOf | None = None,
    *,
    sample: SampleRaw = lambda names: {},
) -> ModelSpec:
    """Run a model and return its spec with golden rows and baseline.

    Args:
        spec: spec of the file.
        file: the model file.
        golden: rows whose predictions the model must give, or a Parquet file of such; None = those of the spec, if any.
        baseline: function that makes the drift baseline; None = that of the spec, if any.
        sample: function that returns values of the fields that the model reads raw.

    Raises:
        ModelError: the file is not the spec's, mixes rows, gives no finite number or has other predictions.
    """
    from models.lifecycle.golden_file import read_golden_file
    from models.lifecycle.golden_rows import check_predictions, golden_rows, texts_of, with_columns

    verify_checksum(spec, file)
    rows = read_golden_file(golden, _raw(spec) or texts_of(spec)) if isinstance(golden, Path) else golden
    if rows is not None and rows.columns:
        spec = with_columns(spec, rows)
    raw = _raw(spec) or ()
    if raw and spec.raw_inputs is None:
        spec = spec.model_copy(update={"raw_inputs": dict.fromkeys(raw)})
    check_inputs(spec, spec.inputs)
    # Use a new pool: the shared one may hold an open session, which would not read the file again.
    model = load_model(spec, file, sessions=SessionPool())
    try:
        spec = model.spec = with_examples(spec, model.runtime, sample(raw))
        if rows is not None:
            spec = spec.model_copy(update={"golden": golden_rows(model, rows)})
        check_predictions(model, spec.golden, rows.path if rows is not None else file.with_name("model.json"))
        model.warmup(1)
        check_rows(spec, model.runtime)
        if baseline is not None:
            spec = spec.model_copy(update={"baseline": baseline(model)})
    finally:
        model.close()
    return spec


def _raw(spec: ModelSpec) -> tuple[str, ...] | None:
    """Return the inputs that take raw fields; None: without a job they are in doubt."""
    try:
        return bind_inputs(spec, spec.inputs, spec.feature_columns).raw
    except ModelError:
        return None
