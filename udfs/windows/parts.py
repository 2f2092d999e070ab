"""Parts: some rows as bytes, the form in which they travel between the steps of a job with windows.

Stages use numpy alone, and so does all of this file that they call. They run in the JVM's process, where Arrow waits
for ever in `PyGILState_Ensure`: the iterators through which Java takes their rows have a thread state of their own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
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

    def only(self, names: Iterable[str]) -> Block:
        """Return some of the columns."""
        return Block({name: self.columns[name] for name in names}, self.size)

    def plus(self, columns: Mapping[str, Values]) -> Block:
        """Return the rows with more columns."""
        return Block({**self.columns, **columns}, self.size)

    @staticmethod
    def concatenate(parts: Sequence[Block]) -> Block:
        """Return the rows of all parts, which have the same columns, one part after the other."""
        if len(parts) == 1:
            return parts[0]
        names = parts[0].columns
        return Block({name: _concatenated([part[name] for part in parts]) for name in names}, sum(map(len, parts)))


class PartFormat:
    """Blocks of these columns, and their bytes, which do not repeat what both ends know.

    Args:
        columns: name and SQL type of each.
    """

    def __init__(self, columns: SqlColumns) -> None:
        self.columns = columns

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

    def decode(self, data: bytes) -> Block:
        """Return the block of ``encode``.

        Raises:
            StateError: the bytes are of another version of the format.
        """
        version, size = _HEADER.unpack_from(data)
        if version != VERSION:
            msg = f"packed rows: expected format {VERSION}, got format {version}; read them with their own release"
            raise StateError(msg)
        made: dict[str, Values] = {}
        place = _HEADER.size
        for name, kind in self.columns:
            nulls = None
            has_nulls, place = data[place : place + 1] == _SOME_NULLS, place + 1
            if has_nulls:
                width = (size + 7) // 8
                nulls = np.unpackbits(np.frombuffer(data, np.uint8, width, place), count=size).astype(np.bool_)
                place += width
            if kind in ("STRING", "BYTES"):
                ends = np.frombuffer(data, "<u4", size, place).astype(np.int64).cumsum()
                place += 4 * size
                (length,) = _SIZE.unpack_from(data, place)
                place += _SIZE.size
                made[name] = Texts(np.frombuffer(data, np.uint8, length, place), ends, nulls)
                place += length
            else:
                made[name] = Column(np.frombuffer(data, _TYPES[kind], size, place), nulls)
                place += 8 * size
        return Block(made, size)

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


def by_key(block: Block, key: str, shards: int) -> Iterator[tuple[int, Block]]:
    """Yield each shard that has rows, and its rows in their order."""
    found = shards_of(_column(block[key]), shards)
    order = np.argsort(found.astype(np.uint16), kind="stable")
    ends = np.cumsum(np.bincount(found, minlength=shards)).tolist()
    for shard, (begin, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        if begin < end:
            yield shard, block.take(order[begin:end])


def window_rows(block: Block, plan: SlidingPlan, filters: Sequence[Filter]) -> Rows:
    """Return what a plan's windows read of a block, whose rows have passed those filters or not."""
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


def _concatenated(columns: Sequence[Values]) -> Values:
    if isinstance(columns[0], Texts):
        return Texts.concatenate([column for column in columns if isinstance(column, Texts)])
    values = np.concatenate([column.values for column in columns if isinstance(column, Column)])
    if all(column.nulls is None for column in columns):
        return Column(values)
    masks = [np.zeros(len(c[0]), np.bool_) if c.nulls is None else c.nulls for c in columns if isinstance(c, Column)]
    return Column(values, np.concatenate(masks))
