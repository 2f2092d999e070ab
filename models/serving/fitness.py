"""Fitness of a loaded model to serve: right answers for golden rows, finite scores, in time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import fail
from models.scoring.inputs import Inputs
from models.scoring.loaded import LoadedModel
from models.scoring.outputs import Scores
from models.spec import GoldenRows, ModelSpec, RawValue

_RTOL, _ATOL = 1e-4, 1e-5
_TRIES = 3
# A model may exceed the budget if it takes at most this many times as long as the one it replaces.
_SLOWER = 2.0


@dataclass(frozen=True)
class Probe:
    """Rows that the serving model has scored lately, and the number of its finite predictions.

    Attributes:
        inputs: features, float32, and all raw fields that there are: the next model may read other ones.
        finite: rows with a finite prediction.
    """

    inputs: Inputs
    finite: int


def check_fitness(
    model: LoadedModel,
    *,
    budget_s: float,
    probe: Probe | None = None,
    serving: LoadedModel | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> None:
    """Refuse a model that should not serve, and warm up one that may and wants it.

    Args:
        model: a loaded model, whose file, signature and feature-set hash have been checked.
        budget_s: longest time it may take for the rows of the probe; not measured without a probe.
        probe: rows to score; None, or rows without a raw field that the model reads: a made-up row.
        serving: the model it would replace; a model that takes at most twice its time is never too slow.
        clock: function that returns seconds, for the budget.

    Raises:
        ModelError: the model fails, gives other predictions for its golden rows than its spec says, gives NaN or
            infinity for more rows than the serving model, or takes too long.
    """
    spec = model.spec
    if spec.golden is not None:
        check_golden(model, spec.golden)
    if probe is None or set(model.raw_fields) - set(probe.inputs.raw):
        if model.warms_up:
            model.warmup(1)
        return
    seconds, scores = _best_of(lambda: model.predict(probe.inputs), clock)
    finite = int(np.isfinite(scores.prediction).sum())
    if finite < probe.finite:
        got = f"{len(probe.inputs) - finite} of {len(probe.inputs)} rows NaN or infinite"
        fail(spec.ref, f"expected finite scores for rows scored lately, got {got}", "check its training")
    if seconds <= budget_s:
        return
    before = _best_of(lambda: serving.predict(probe.inputs), clock)[0] if serving else 0.0
    longest = max(budget_s, _SLOWER * before)
    if seconds > longest:
        fail(
            spec.ref,
            f"takes {seconds * 1e3:.1f} ms for {len(probe.inputs)} rows, expected at most {longest * 1e3:.1f} ms",
            "make it smaller, or raise ml.inference.max_latency",
        )


def check_golden(model: LoadedModel, golden: GoldenRows) -> None:
    """Refuse a model that gives other predictions for its golden rows than its spec says.

    Raises:
        ModelError: a prediction differs; the text names the first such row, the expected and the found value.
    """
    found = model.predict(golden_inputs(model.spec, golden)).prediction
    wanted = np.asarray(golden.predictions)
    is_off = ~np.isclose(found, wanted, rtol=_RTOL, atol=_ATOL)
    if is_off.any():
        row = int(np.flatnonzero(is_off)[0])
        fail(
            model.spec.ref,
            f"expected {wanted[row]:.9g} for golden row {row}, got {found[row]:.9g}",
            "its file or runtime is not the one it was registered with",
        )


def golden_inputs(spec: ModelSpec, golden: GoldenRows) -> Inputs:
    """Return golden rows as a model takes them.

    Raises:
        ModelError: the rows have other columns than the model.
    """
    return Inputs(golden_matrix(spec, golden), {name: raw_values(values) for name, values in golden.raw.items()})


def raw_values(values: Sequence[RawValue]) -> NDArray[Any]:
    """Return values of a raw field as an array: numbers as such where none is absent."""
    made = np.array(values, dtype=object)
    kinds = set(map(type, values))
    if kinds == {int}:
        return made.astype(np.int64)
    return made.astype(np.float64) if kinds <= {float, int} else made


def golden_matrix(spec: ModelSpec, golden: GoldenRows) -> NDArray[np.float32]:
    """Return golden rows as a matrix in the order of the model's columns; no columns, where they have none.

    Raises:
        ModelError: the rows have other columns than the model.
    """
    if not golden.columns:
        return np.empty((len(golden.rows), 0), np.float32)
    order = _order(spec, golden.columns)
    rows = [[np.nan if value is None else value for value in row] for row in golden.rows]
    return np.ascontiguousarray(np.asarray(rows, dtype=np.float32)[:, order])


def _order(spec: ModelSpec, columns: Sequence[str]) -> list[int]:
    wanted = spec.feature_columns or tuple(columns)
    if sorted(wanted) != sorted(columns):
        missing = ", ".join(sorted(set(wanted) - set(columns))) or "none"
        extra = ", ".join(sorted(set(columns) - set(wanted))) or "none"
        fail(
            spec.ref,
            f"expected golden rows with its {len(wanted)} columns, got missing {missing}, extra {extra}",
            "export the rows with the feature set it was trained on",
        )
    places = {name: place for place, name in enumerate(columns)}
    return [places[name] for name in wanted]


def _best_of(predict: Callable[[], Scores], clock: Callable[[], float]) -> tuple[float, Scores]:
    """Return the seconds of the fastest of some calls, as others use the machine too, and the scores."""
    scores = predict()
    best = float("inf")
    for _ in range(_TRIES):
        start = clock()
        scores = predict()
        best = min(best, clock() - start)
    return best, scores
