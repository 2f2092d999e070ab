"""Features of rows as texts of JSON, for the log of what models were given."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FEATURES_COLUMN = ("__features", "STRING")
"""Features of a row, where `job.sink.features` asks for them."""


def feature_texts(matrix: NDArray[Any]) -> NDArray[np.object_]:
    """Return each row as a JSON array of numbers in their shortest text, which reads back to the same float32.

    Null rule: null where a feature is not computable; an infinite one is Infinity or -Infinity, as in JavaScript.

    Args:
        matrix: features, (n, k).

    Example:
        >>> feature_texts(np.array([[0.1, np.nan], [2.0, np.inf]])).tolist()
        ['[0.1,null]', '[2,Infinity]']
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    rows, width = matrix.shape
    numbers = pa.array(np.ascontiguousarray(matrix, np.float32).ravel(), from_pandas=True)
    texts = pc.fill_null(pc.replace_substring(numbers.cast(pa.string()), "inf", "Infinity"), "null")
    offsets = pa.array(np.arange(rows + 1, dtype=np.int32) * width)
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, texts), ",")
    found: NDArray[np.object_] = pc.binary_join_element_wise("[", joined, "]", "").to_numpy(zero_copy_only=False)
    return found


def features_of(texts: Sequence[str], width: int) -> NDArray[np.float32]:
    """Return the rows of texts as `feature_texts` writes them, (n, k); NaN for null.

    Raises:
        ValueError: a text is no array of so many numbers.

    Example:
        >>> features_of(["[0.1,null]"], 2).tolist()
        [[0.10000000149011612, nan]]
    """
    rows = json.loads(f"[{','.join(texts)}]")
    if len(rows) != len(texts):
        msg = f"expected an array of each of {len(texts)} rows, got {len(rows)}"
        raise ValueError(msg)
    for row in rows:
        if not isinstance(row, list) or len(row) != width:
            msg = f"expected {width} features, got {row!r}"
            raise ValueError(msg)
    return np.array(rows, np.float32).reshape(len(rows), width)
