"""Parts: some rows as bytes, the form in which they travel between the steps of a job with windows.

Stages use numpy alone, and so does all of this file that they call. They run in the JVM's process, where Arrow waits
for ever in `PyGILState_Ensure`: the iterators through which Java takes their rows have a thread state of their own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from state.sliding.errors import StateError
from state.sliding.rows import Column, Rows
from state.sliding.storage.shards import shards_of
from state.sql import SqlColumns
from udfs.windows.arrow_texts import objects_of, texts_of
from udfs.windows.texts import Texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.sliding.filters.syntax import Filter
    from state.sliding.plan import SlidingPlan

VERSION = 1
_HEADER = struct.Struct("<BI")
_SIZE = struct.Struct("<Q")
_NO_NULLS, _SOME_NULLS = b"\0", b"\1"

Values: TypeAlias = Column | Texts


class Block:
    """Rows as columns.

    Args:
        columns: integers and doubles as ``Column``, NULL of a double as NaN; texts and bytes as ``Texts``.
        size: number of rows.
    """

    def __init__(self, columns: Mapping[str, Values], size: int) -> None:
        self.columns = columns
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, name: str) -> Values:
        return self.columns[name]

    def numbers(self, name: str) -> Column:
        """Return a column of numbers."""
        found = self.columns[name]
        if isinstance(found, Texts):
            msg = f"column {name!r}: expected numbers, got texts"
            raise TypeError(msg)
        return found

    def take(self, places: NDArray[Any]) -> Block:
        """Return the rows at some places, in that order."""
        return Block({name: column.take(places) for name, column in self.columns.items()}, len(places))

    def part(self, begin: int, end: int) -> Block:
        """Return the rows from one place to before another, in the same memory."""
        return Block({name: column.part(begin, end) for name, column in self.columns.items()}, end - begin)

    def plus(self, columns: Mapping[str, Values]) -> Block:
        """Return the rows with more columns."""
        return Block({**self.columns, **columns}, self.size)


class PartFormat:
    """Blocks of these columns, and their bytes, which do not repeat what both ends know.

    Args:
        columns: name and SQL type of each.
    """

    def __init__(self, columns: SqlColumns) -> None:
        self.columns = columns
        self._are_numbers = tuple(kind in _TYPES for _, kind in columns)
        self._places = {name: place for place, (name, _) in enumerate(columns)}

    def block(self, columns: Mapping[str, Any]) -> Block:
        """Return arrays of ``n`` values each as a block; None and NaN become NULL. It is for worker processes."""
        made: dict[str, Values] = {}
        size = 0
        for name, kind in self.columns:
            values = np.asarray(columns[name])
            size = len(values)
            is_text = kind == "STRING"
            made[name] = texts_of(values, is_text=is_text) if is_text or kind == "BYTES" else _numbers(values, kind)
        return Block(made, size)

    def encode(self, block: Block) -> bytes:
        """Return a block as bytes."""
        parts = [_HEADER.pack(VERSION, len(block))]
        for name, _ in self.columns:
            values = block[name]
            parts.append(_NO_NULLS if values.nulls is None else _SOME_NULLS)
            if values.nulls is not None:
                parts.append(np.packbits(values.nulls).tobytes())
            if isinstance(values, Texts):
                parts += [values.lengths.astype("<u4").tobytes(), _SIZE.pack(len(values.data)), values.data.tobytes()]
            else:
                parts.append(values.values.tobytes())
        return b"".join(parts)

    def decode(self, *parts: bytes) -> Block:
        """Return the block of ``encode``; of several parts the rows, one part after the other.

        Raises:
            StateError: the bytes are of another version of the format.
        """
        views = [memoryview(part) for part in parts]
        sizes, bounds = zip(*map(self._bounds, parts), strict=True)
        made: dict[str, Values] = {}
        for place, (name, kind) in enumerate(self.columns):
            columns = [view[begin[place] : begin[place + 1]] for view, begin in zip(views, bounds, strict=True)]
            made[name] = _decoded(columns, sizes, kind)
        return Block(made, sum(sizes))

    def select(self, data: bytes, names: Sequence[str]) -> bytes:
        """Return what ``encode`` would return of a block's columns of these names, from the bytes of all of them."""
        _, bounds = self._bounds(data)
        places = [self._places[name] for name in names]
        return b"".join([data[: _HEADER.size], *(data[bounds[place] : bounds[place + 1]] for place in places)])

    def numbers(self, data: bytes, name: str) -> NDArray[np.int64]:
        """Return one column of integers of a block, without the others."""
        size, bounds = self._bounds(data, self._places[name] + 1)
        return np.frombuffer(data, np.int64, size, bounds[-1] - 8 * size)

    def _bounds(self, data: bytes, columns: int | None = None) -> tuple[int, list[int]]:
        """Return the number of rows of a part, and where each of the first columns begins, then their end."""
        version, size = _HEADER.unpack_from(data)
        if version != VERSION:
            msg = f"packed rows: expected format {VERSION}, got format {version}; read them with their own release"
            raise StateError(msg)
        place = _HEADER.size
        bounds = [place]
        for is_number in self._are_numbers[:columns]:
            place += _mask_bytes(size) + 1 if data[place] else 1
            if is_number:
                place += 8 * size
            else:
                place += 4 * size
                place += _SIZE.size + _SIZE.unpack_from(data, place)[0]
            bounds.append(place)
        return size, bounds

    def arrays(self, block: Block) -> dict[str, NDArray[Any]]:
        """Return the columns as pandas would give them: NaN where a number is NULL, None where a text is.

        It is for worker processes.
        """
        found = ((name, block[name], kind == "STRING") for name, kind in self.columns)
        return {
            name: objects_of(values, is_text=is_text) if isinstance(values, Texts) else _with_nan(values)
            for name, values, is_text in found
        }

    def exact(self, block: Block) -> dict[str, NDArray[np.object_]]:
        """Return the integer columns with NULLs again, as objects, which are exact beyond 2**53."""
        return {
            name: np.array(_plain(values), dtype=object)
            for name, values in block.columns.items()
            if isinstance(values, Column) and values.nulls is not None
        }

    def lists(self, block: Block) -> dict[str, list[Any]]:
        """Return the columns as Python objects, None where there is no value. It is for few rows, in stages."""
        found = ((name, block[name], kind == "STRING") for name, kind in self.columns)
        return {
            name: values.tolist(is_text=is_text) if isinstance(values, Texts) else _plain(values)
            for name, values, is_text in found
        }


_TYPES = {"BIGINT": np.dtype("<i8"), "INT": np.dtype("<i8"), "DOUBLE": np.dtype("<f8")}


def _mask_bytes(size: int) -> int:
    return (size + 7) // 8


def _decoded(columns: Sequence[memoryview], sizes: Sequence[int], kind: str) -> Values:
    """Return the values of encoded columns, one after the other."""
    nulls = _nulls(columns, sizes)
    # The values come after a flag, and after a mask if it is set.
    begins = [1 + _mask_bytes(size) if column[0] else 1 for column, size in zip(columns, sizes, strict=True)]
    given = [column[begin:] for column, begin in zip(columns, begins, strict=True)]
    if kind in _TYPES:
        return Column(np.frombuffer(_joined(given), _TYPES[kind]), nulls)
    lengths = [column[: 4 * size] for column, size in zip(given, sizes, strict=True)]
    texts = [column[4 * size + _SIZE.size :] for column, size in zip(given, sizes, strict=True)]
    ends = np.frombuffer(_joined(lengths), "<u4").astype(np.int64).cumsum()
    return Texts(np.frombuffer(_joined(texts), np.uint8), ends, nulls)


def _nulls(columns: Sequence[memoryview], sizes: Sequence[int]) -> NDArray[np.bool_] | None:
    """Return which values of encoded columns, one after the other, are NULL; None: none is."""
    if not any(column[0] for column in columns):
        return None
    masks = [
        np.unpackbits(np.frombuffer(column, np.uint8, _mask_bytes(size), 1), count=size).astype(np.bool_)
        if column[0]
        else np.zeros(size, np.bool_)
        for column, size in zip(columns, sizes, strict=True)
    ]
    return np.concatenate(masks)


def _joined(parts: Sequence[memoryview]) -> memoryview | bytes:
    return parts[0] if len(parts) == 1 else b"".join(parts)


def by_key(block: Block, key: str, shards: int) -> Iterator[tuple[int, Block]]:
    """Yield each shard that has rows, and its rows in their order."""
    found = shards_of(_column(block[key]), shards)
    order = np.argsort(found.astype(np.uint16), kind="stable")
    rows = block.take(order)
    ends = np.cumsum(np.bincount(found, minlength=shards)).tolist()
    for shard, (begin, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        if begin < end:
            yield shard, rows.part(begin, end)


def window_rows(block: Block, plan: SlidingPlan, filters: Sequence[Filter]) -> Rows:
    """Return the columns that a plan's windows read of a block, and which rows pass which filters."""
    read = dict.fromkeys((plan.key, *plan.sources, *(name for each in filters for name in each.fields)))
    columns = {name: _column(block[name]) for name in read}
    return Rows(
        block.numbers(plan.time).values,
        columns[plan.key],
        {name: columns[name] for name in plan.sources},
        {each.text: each.passes(columns, len(block)) for each in filters},
    )


def _numbers(values: NDArray[Any], kind: str) -> Column:
    if kind == "DOUBLE":
        return Column(values.astype(np.float64))
    if values.dtype.kind in "iu":
        return Column(values.astype(np.int64))
    missing = np.isnan(values) if values.dtype.kind == "f" else np.array([value is None for value in values])
    whole = np.where(missing, 0, values).astype(np.int64)
    return Column(whole, missing if missing.any() else None)


def _column(values: Values) -> Column:
    """Return values as the window engine takes them."""
    if isinstance(values, Texts):
        return Column(np.array(values.tolist(), dtype=object), values.nulls)
    if values.values.dtype.kind != "f":
        return values
    missing = np.isnan(values.values)
    return Column(values.values, missing) if missing.any() else values


def _with_nan(column: Column) -> NDArray[Any]:
    if column.nulls is None:
        return column.values
    found: NDArray[np.float64] = column.values.astype(np.float64)
    found[column.nulls] = np.nan
    return found


def _plain(column: Column) -> list[Any]:
    nulls = np.isnan(column.values) if column.values.dtype.kind == "f" else column.nulls
    values: list[Any] = column.values.tolist()
    if nulls is None:
        return values
    return [None if is_null else value for value, is_null in zip(values, nulls.tolist(), strict=True)]
