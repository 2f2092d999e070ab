"""Validation of a version in the registry against its spec."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import fail
from models.runtimes.time_limit import TRY_OUT_S, time_limit
from models.scoring.loaded import LoadedModel, load_model
from models.scoring.sample_rows import check_rows
from models.scoring.sessions import SessionPool
from models.scoring.signature import check_inputs
from models.spec import ModelSpec

if TYPE_CHECKING:
    from models.registry import Registry
    from models.serving.versions import Opener


@dataclass(frozen=True)
class Validation:
    """The result of a passed validation.

    Attributes:
        spec: spec of the version.
        size_bytes: size of the artifact.
        golden_rows: rows whose predictions were compared; 0: the version has none.
        load_ms: milliseconds to load the model.
        row_ms: milliseconds for one row, after the warm-up.
        is_new: the version passed for the first time.
    """

    spec: ModelSpec
    size_bytes: int
    golden_rows: int
    load_ms: float
    row_ms: float
    is_new: bool


def validate(
    registry: Registry, name: str, version: str = "", *, by: str = "", opener: Opener | None = None
) -> Validation:
    """Fetch and run a version: checksum, file, inputs and outputs against its spec, golden rows, a warm-up call.

    Rows must also score the same alone and among others. The first pass is recorded beside the version.

    Args:
        registry: registry of the model.
        name: name of the model.
        version: version to validate; "" is the primary.
        by: person for the record; "" is user@host.
        opener: loads a version as a job does, and checks it against the job's features; None: no job is asked.

    Raises:
        ModelError: the version does not match its spec, or the job's features, or does not answer in time.
    """
    spec, path = registry.resolve(name, version)
    with time_limit(TRY_OUT_S):
        passed = _try(spec, path, opener or _load)
    is_new = registry.record(name, spec.version, "validated", by=by)
    return Validation(spec, path.stat().st_size, *passed, is_new)


def _load(spec: ModelSpec, path: Path) -> LoadedModel:
    # Use a new pool: the shared one may hold an open session, which would not read the file again.
    return load_model(spec, path, sessions=SessionPool())


def _try(spec: ModelSpec, path: Path, opener: Opener) -> tuple[int, float, float]:
    from models.serving.fitness import check_fitness

    start = time.perf_counter()
    model = opener(spec, path)
    try:
        load_ms = (time.perf_counter() - start) * 1e3
        _check_outputs(model)
        check_inputs(spec, model.runtime.inputs)
        check_fitness(model, budget_s=float("inf"))
        check_rows(spec, model.runtime)
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
        fail(spec.ref, f"has outputs {want} in model.json, {got} in its file", "publish it again")
