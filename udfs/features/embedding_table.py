"""Reader of the keys and vectors of an embedding."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

READERS: dict[str, Callable[[Path], tuple[list[object], Any]]] = {}


def read_embedding_table(path: Path) -> tuple[list[object], Any]:
    """Read keys and their vectors.

    Args:
        path: ``.npz`` with the arrays `keys` (k,) and `vectors` (k, width), or ``.parquet`` with the column
            `key` and either a list column `vector` or one number column for each dimension.

    Returns:
        Keys, and the vectors as the file holds them; the caller must check them.

    Raises:
        ValueError: the file's ending is unknown, or it lacks an array or column.
        OSError: it cannot be read.
    """
    reader = READERS.get(path.suffix)
    if reader is None:
        message = f"a file ending in {' or '.join(READERS)}"
        raise ValueError(message)
    return reader(path)


def _read_npz(path: Path) -> tuple[list[object], Any]:
    with np.load(path, allow_pickle=False) as arrays:
        if not {"keys", "vectors"} <= set(arrays.files):
            message = f"arrays 'keys' and 'vectors', not {sorted(arrays.files)}"
            raise ValueError(message)
        return arrays["keys"].tolist(), arrays["vectors"]


def _read_parquet(path: Path) -> tuple[list[object], Any]:
    from pyarrow import parquet

    table = parquet.read_table(path)
    if "key" not in table.column_names or table.num_columns < 2:
        message = f"columns 'key' and 'vector' (or numbers), not {table.column_names}"
        raise ValueError(message)
    keys = table.column("key").to_pylist()
    if "vector" in table.column_names:
        return keys, table.column("vector").to_pylist()
    names = [name for name in table.column_names if name != "key"]
    return keys, np.column_stack([table.column(name).to_numpy() for name in names])


READERS.update({".npz": _read_npz, ".parquet": _read_parquet})
