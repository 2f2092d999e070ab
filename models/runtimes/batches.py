"""Splitting of batches for models with a fixed number of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import fail

Feeds = dict[str, NDArray[Any]]


def run_in_batches(
    run: Callable[[Feeds], dict[str, Any]], feeds: Feeds, size: int, owner: str
) -> dict[str, Any]:
    """Run (n, ...) inputs through a model that takes exactly ``size`` rows: in parts, with the last one padded."""
    n = len(next(iter(feeds.values())))
    pieces = []
    for start in range(0, n, size):
        rows = min(size, n - start)
        part = {name: _pad(array[start : start + rows], size) for name, array in feeds.items()}
        pieces.append(take_rows(run(part), rows, size, owner))
    return {name: _join([piece[name] for piece in pieces]) for name in pieces[0]}


def take_rows(outputs: Mapping[str, Any], rows: int, size: int, owner: str) -> dict[str, Any]:
    """Return the first ``rows`` of outputs of ``size`` rows; refuse an output without one value per row."""
    for name, value in outputs.items():
        if np.ndim(value) == 0 or len(value) != size:
            got = np.shape(value) if isinstance(value, np.ndarray) else len(value)
            fail(owner, f"gave output {name!r} of shape {got} for {size} rows", "export it with one result per row")
    return {name: value[:rows] for name, value in outputs.items()}


def _pad(array: NDArray[Any], size: int) -> NDArray[Any]:
    # Repeat the last row rather than add zeros: the model can score it for certain.
    missing = size - len(array)
    return np.concatenate([array, np.repeat(array[-1:], missing, axis=0)]) if missing else array


def _join(parts: list[Any]) -> Any:
    if len(parts) == 1:
        return parts[0]
    return list(chain.from_iterable(parts)) if isinstance(parts[0], list) else np.concatenate(parts)
