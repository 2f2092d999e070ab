"""Whether a version in the registry is what its spec says."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import ModelError
from models.scoring.loaded import LoadedModel, load_model
from models.scoring.sessions import SessionPool
from models.spec import ModelSpec

if TYPE_CHECKING:
    from models.registry import Registry


@dataclass(frozen=True)
class Validation:
    """A version that passed.

    Attributes:
        spec: Of the version.
        size_bytes: Of its file.
        golden_rows: Rows whose predictions were compared; 0: it has none.
        load_ms: Milliseconds it took to open.
        row_ms: Milliseconds for one row, warm.
        is_new: Whether this is the first time that it passed.
    """

    spec: ModelSpec
    size_bytes: int
    golden_rows: int
    load_ms: float
    row_ms: float
    is_new: bool


def validate(registry: Registry, name: str, version: str = "", *, by: str = "") -> Validation:
    """Fetches and runs a version: checksum, file, inputs and outputs against its spec, golden rows, a warm-up call.

    That it passed is written down beside it, once.

    Args:
        registry: Where it is.
        name: Of the model.
        version: Which; "" is the primary.
        by: Who asks; "" is user@host.

    Raises:
        ModelError: What does not fit.
    """
    spec, path = registry.resolve(name, version)
    passed = _try(spec, path)
    is_new = registry.record(name, spec.version, "validated", by=by)
    return Validation(spec, path.stat().st_size, *passed, is_new)


def _try(spec: ModelSpec, path: Path) -> tuple[int, float, float]:
    from models.serving import fitness

    start = time.perf_counter()
    # A pool of its own: a session that is open already would not read the file again.
    model = load_model(spec, path, sessions=SessionPool())
    try:
        load_ms = (time.perf_counter() - start) * 1e3
        _check_outputs(model)
        fitness.validate(model, budget_s=float("inf"))
        start = time.perf_counter()
        model.warmup(1)
        row_ms = (time.perf_counter() - start) * 1e3
    finally:
        model.close()
    return len(spec.golden.rows) if spec.golden else 0, load_ms, row_ms


def _check_outputs(model: LoadedModel) -> None:
    spec, outputs = model.spec, model.runtime.outputs
    if outputs != spec.outputs:
        want, got = ", ".join(map(str, spec.outputs)), ", ".join(map(str, outputs))
        raise ModelError(spec.ref, f"has outputs {want} in model.json, {got} in its file", "publish it again")
