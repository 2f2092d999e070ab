"""One-line errors for failed conversions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from models.errors import fail


@contextmanager
def converting(model: Any, advice: str) -> Iterator[None]:
    """Turn any error of the block into one that names the model, the converter's reason and the remedy.

    Raises:
        ModelError: the converter failed.
    """
    try:
        yield
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = lines[0] if lines else type(error).__name__
        fail(f"trained model {type(model).__name__}", f"cannot be converted: {reason}", advice)
