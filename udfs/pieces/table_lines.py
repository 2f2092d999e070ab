"""Rows of an Arrow table as lines of JSON, or straight as typed columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

from conf.settings import FieldSettings
from udfs.parsing.batch import RawBatch, RawColumn
from udfs.parsing.columns import convert_json, from_arrow
from udfs.parsing.json_lines import JsonLines
from udfs.pieces.json_rows import as_json, has_infinity, lines_of, values_of

if TYPE_CHECKING:
    import pyarrow as pa

_FEW = 50
"""Part of the rows up to which a line is made when it is asked for; beyond, all lines are made at once."""


class TableLines(Sequence[bytes]):
    """Lines of JSON of the rows of a table, which are made when they are asked for.

    Args:
        table: the rows; None: there are none.
    """

    def __init__(self, table: pa.Table | None) -> None:
        self.table = table
        self._asked = 0

    def __len__(self) -> int:
        return 0 if self.table is None else len(self.table)

    @overload
    def __getitem__(self, index: int) -> bytes: ...

    @overload
    def __getitem__(self, index: slice) -> TableLines: ...

    def __getitem__(self, index: int | slice) -> bytes | TableLines:
        if isinstance(index, slice):
            start, stop, _ = index.indices(len(self))
            return TableLines(None if self.table is None else self.table.slice(start, stop - start))
        if self.table is None or not -len(self) <= index < len(self):
            raise IndexError(index)
        self._asked += 1
        if self._asked * _FEW > len(self):
            return self._all[index]
        return lines_of(self.table.slice(index % len(self), 1))[0]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._all)

    @cached_property
    def _all(self) -> list[bytes]:
        return [] if self.table is None else lines_of(self.table)


@dataclass(frozen=True)
class TableFormat:
    """The format of rows of tables: what their lines of JSON would give, value for value.

    A column whose type is that of its field is taken as it is; the values of another one are read as those of JSON.
    """

    fields: Mapping[str, FieldSettings]

    def read(self, lines: Sequence[bytes | None]) -> RawBatch:
        """Return a column per field, one value per well-formed line, and the problems of the other lines."""
        table = lines.table if isinstance(lines, TableLines) else None
        if table is None or not self._has_columns(table):
            return self._json.read(list(lines))
        return RawBatch({name: _column(table, field) for name, field in self._sources.items()}, {})

    @cached_property
    def _json(self) -> JsonLines:
        return JsonLines(self.fields)

    @cached_property
    def _sources(self) -> dict[str, tuple[str, str]]:
        """The table's column of each field, and the field's kind."""
        return {name: (field.source or name, field.kind) for name, field in self.fields.items()}

    def _has_columns(self, table: pa.Table) -> bool:
        """Return whether each line would be good JSON, and no field lies inside a value of another."""
        import pyarrow as pa

        is_repeated = len(set(table.column_names)) < table.num_columns
        if is_repeated or any("." in source for source, _ in self._sources.values()):
            return False
        try:
            # Text that is no UTF-8 makes a bad line, also where no field reads it.
            table.validate(full=True)
        except pa.ArrowInvalid:
            return False
        return True


def _column(table: pa.Table, read: tuple[str, str]) -> RawColumn:
    import orjson

    source, kind = read
    if source not in table.column_names:
        return convert_json([None] * len(table), kind)
    array = table.column(source).combine_chunks()
    typed = _typed(array, kind)
    column = None if typed is None else from_arrow(typed, kind)
    if column is not None:
        return column
    values: list[Any] = orjson.loads(orjson.dumps(values_of(array), default=as_json))
    return convert_json(values, kind)


def _typed(array: pa.Array, kind: str) -> pa.Array | None:
    """Return values in the type in which a reader of JSON gives them; None: they are of another type."""
    import pyarrow as pa
    import pyarrow.compute as pc

    types = pa.types
    if types.is_dictionary(array.type):
        array = array.dictionary_decode()
    is_text = types.is_string(array.type) or types.is_large_string(array.type)
    is_number = types.is_integer(array.type) and not types.is_uint64(array.type)
    if kind == "boolean":
        return array if types.is_boolean(array.type) else None
    if kind == "string":
        return array.cast(pa.string()) if is_text else None
    if kind in ("double", "decimal") and (is_number or types.is_float32(array.type) or types.is_float64(array.type)):
        numbers = array.cast(pa.float64(), safe=False)
        # JSON has no other numbers: NaN is an absent value, and an infinite one is none of the field's.
        return None if has_infinity(numbers) else pc.if_else(pc.is_nan(numbers), None, numbers)
    if kind.startswith("timestamp") and is_text:
        return array.cast(pa.string())
    is_read = is_number and kind not in ("double", "decimal", "timestamp:iso")
    return array.cast(pa.int64()) if is_read else None
