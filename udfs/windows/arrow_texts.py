"""Texts from and to Python objects by Arrow, for functions in worker processes; stages cannot use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from udfs.windows.texts import Texts

if TYPE_CHECKING:
    from numpy.typing import NDArray


def texts_of(values: NDArray[np.object_], *, is_text: bool) -> Texts:
    """Return texts, or bytes, of an array of objects."""
    import pyarrow as pa

    try:
        found = pa.array(values, type=pa.large_string() if is_text else pa.large_binary())
    except UnicodeEncodeError:
        # Arrow has no half characters.
        encoded = [None if value is None else value.encode("utf-8", "surrogatepass") for value in values]
        found = pa.array(encoded, pa.large_binary())
    _, offsets, data = found.buffers()
    nulls = found.is_null().to_numpy(zero_copy_only=False) if found.null_count else None
    ends = np.frombuffer(offsets, np.int64, len(found) + 1)
    return Texts(np.frombuffer(data, np.uint8, ends[-1]) if ends[-1] else np.empty(0, np.uint8), ends[1:], nulls)


def objects_of(texts: Texts, *, is_text: bool) -> NDArray[np.object_]:
    """Return the values as an array of objects."""
    import pyarrow as pa

    validity = None if texts.nulls is None else pa.py_buffer(np.packbits(~texts.nulls, bitorder="little"))
    offsets = pa.py_buffer(np.concatenate([[0], texts.ends]))
    kind = pa.large_string() if is_text else pa.large_binary()
    found = pa.Array.from_buffers(kind, len(texts), [validity, offsets, pa.py_buffer(texts.data.tobytes())])
    try:
        objects: NDArray[np.object_] = found.to_numpy(zero_copy_only=False)
    except pa.ArrowException:
        objects = np.array([*texts.tolist(is_text=is_text), None], dtype=object)[:-1]
    return objects
