"""Bytes about rows as texts, which side columns carry: each begins with the latest time of its rows."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from state.drift.rows import TIME_DIGITS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def text_of(times: NDArray[np.int64], data: bytes) -> str:
    """Return bytes as a text.

    Args:
        times: times of the rows, ms since 1970; at least one.
        data: bytes that describe them.
    """
    return f"{times.max():0{TIME_DIGITS}d}{base64.b64encode(data).decode()}"


def bytes_in(text: str) -> bytes:
    """Return the bytes in a text."""
    return base64.b64decode(text[TIME_DIGITS:])
