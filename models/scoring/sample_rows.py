"""Made-up rows to try a model on, and checks of its answers for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError, fail
from models.runtimes.batches import Feeds
from models.runtimes.runtime import Runtime
from models.scoring.outputs import interpret
from models.spec import ModelSpec

_ROWS = 32
# Scales of features in the field: the sizes at which one class or another wins.
_SCALES = np.array([1.0, 1.0, 10.0, 100.0])
_FEW = 5
# Quantised models round a whole batch by one scale, so that a row's score depends a little on its neighbours.
_ALIKE = 0.1


def sample_answers(
    runtime: Runtime, width: int, raw: Mapping[str, Sequence[Any]] | None = None
) -> Mapping[str, Any] | None:
    """Return the raw outputs for drawn rows, else for zeros; None if the model fails on both.

    Args:
        runtime: the loaded file.
        width: columns of an input whose width is free.
        raw: values that inputs of raw fields shall have.
    """
    drawn = sample_feeds(runtime, _ROWS, width, _SCALES)
    for feeds in (drawn, runtime.zeros(2, width)):
        try:
            return runtime.predict(with_values(feeds, raw or {}))
        except ModelError:
            continue
    return None


def sample_feeds(runtime: Runtime, n: int, width: int, scales: NDArray[np.float64]) -> Feeds:
    """Return n drawn rows for every input: half of them positive, whole numbers up to 9, empty texts."""
    rng = np.random.default_rng(0)
    feeds: Feeds = {}
    for name, zeros in runtime.zeros(n, width).items():
        if zeros.dtype.kind == "f":
            drawn = rng.normal(size=zeros.shape) * np.resize(scales, (n, *[1] * (zeros.ndim - 1)))
            drawn[: n // 2] = np.abs(drawn[: n // 2])
            feeds[name] = drawn.astype(zeros.dtype)
        elif zeros.dtype.kind in "iu":
            feeds[name] = np.asarray(rng.integers(0, 10, size=zeros.shape, dtype=zeros.dtype))
        else:
            feeds[name] = zeros
    return feeds


def plain_feeds(spec: ModelSpec, runtime: Runtime, n: int) -> Feeds:
    """Return n rows of zeros and empty texts, with the values that the spec records for inputs of raw fields."""
    return with_values(runtime.zeros(n, _width(spec)), examples(spec))


def examples(spec: ModelSpec) -> dict[str, list[Any]]:
    """Return the value that a spec records for each input of a raw field, where it records one."""
    return {name: [value] for name, value in (spec.raw_inputs or {}).items() if value is not None}


def with_examples(spec: ModelSpec, runtime: Runtime, raw: Mapping[str, Sequence[Any]]) -> ModelSpec:
    """Return the spec with values of its raw inputs that the model can score, where zeros and empty texts will not do.

    Args:
        spec: spec that names its raw inputs.
        runtime: the loaded file.
        raw: values that the model was trained on.
    """
    known = {name: raw[name][0] for name in spec.raw_inputs or () if raw.get(name)}
    if not known:
        return spec
    try:
        runtime.predict(plain_feeds(spec, runtime, 1))
    except ModelError:
        return spec.model_copy(update={"raw_inputs": {**(spec.raw_inputs or {}), **known}})
    return spec


def with_values(feeds: Feeds, raw: Mapping[str, Sequence[Any]]) -> Feeds:
    """Return feeds with these values, in turn, in some inputs."""
    own = {
        name: np.resize(np.array(values, dtype=feeds[name].dtype), feeds[name].shape)
        for name, values in raw.items()
        if len(values)
    }
    return {**feeds, **own}


def _width(spec: ModelSpec) -> int:
    return len(spec.feature_columns or ()) or 1


def check_rows(spec: ModelSpec, runtime: Runtime) -> None:
    """Refuse a model whose answer for a row depends on the other rows, or that answers nothing but NaN or infinity.

    Raises:
        ModelError: the model fails, gives other numbers of rows, mixes rows, or gives no finite prediction.
    """

    def predict(feeds: Feeds) -> NDArray[np.float64]:
        n = len(next(iter(feeds.values())))
        return interpret(runtime.predict(feeds), spec, n).prediction

    together, feeds = _predict_some(spec, runtime, predict)
    alone = np.concatenate([predict({name: rows[i : i + 1] for name, rows in feeds.items()}) for i in range(_FEW)])
    is_off = ~np.isclose(together, alone, rtol=0, atol=_ALIKE * _largest(alone), equal_nan=True)
    if is_off.any():
        row = int(np.flatnonzero(is_off)[0])
        fail(
            spec.ref,
            f"answers {together[row]:.6g} for a row among {_FEW}, and {alone[row]:.6g} for the same row alone",
            "export it with the rows as the first dimension of every input and output; if it is quantised, measure the "
            "ranges beforehand",
        )
    if not np.isfinite(together).any() and not np.isfinite(predict(plain_feeds(spec, runtime, 1))).any():
        fail(spec.ref, f"answers NaN or infinity for each of {_FEW + 1} rows tried", "check its weights and training")


def _predict_some(
    spec: ModelSpec, runtime: Runtime, predict: Callable[[Feeds], NDArray[np.float64]]
) -> tuple[NDArray[np.float64], Feeds]:
    """Return predictions and rows; if the model cannot score drawn ones, those of zeros."""
    feeds = with_values(sample_feeds(runtime, _FEW, _width(spec), np.ones(1)), examples(spec))
    try:
        return predict(feeds), feeds
    except ModelError:
        feeds = plain_feeds(spec, runtime, _FEW)
        return predict(feeds), feeds


def _largest(values: NDArray[np.float64]) -> float:
    return float(np.abs(values[np.isfinite(values)]).max(initial=0.0))
