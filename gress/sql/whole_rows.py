"""Rows of a result with their NULLs: PyFlink's own reader fails on one inside of an array, a map or a row."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyflink.common import Row
    from pyflink.table.types import DataType


class WholeRows:
    """The rows of a result, read as PyFlink does, with None for NULL at any depth.

    Args:
        source: iterator of the result, as ``TableResult.collect`` returns it.
    """

    def __init__(self, source: Any) -> None:
        self._rows = source._j_closeable_iterator
        self._java_types = source._j_field_data_types
        self._types = source._data_types

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        from pyflink.java_gateway import get_gateway

        if not self._rows.hasNext():
            raise StopIteration
        bridge = get_gateway().jvm.org.apache.flink.api.common.python.PythonBridgeUtils
        return _row(bridge.getPickledBytesFromRow(self._rows.next(), self._java_types), self._types)


def _row(data: Any, types: list[DataType]) -> Row:
    from pyflink.common import Row, RowKind

    found = Row(*(_value(each, kind) for each, kind in zip(list(data[1:]), types, strict=True)))
    found.set_row_kind(RowKind(int.from_bytes(data[0], byteorder="big", signed=False)))
    return found


def _value(data: Any, kind: DataType) -> Any:
    """Return a value of its bytes, of which NULL has none."""
    from pyflink.table.types import ArrayType, MapType, RowType
    from pyflink.table.utils import pickled_bytes_to_python_converter

    if len(data) == 0:
        return None
    if isinstance(kind, RowType):
        return _row(data, kind.field_types())
    if isinstance(kind, ArrayType):
        return [_value(each, kind.element_type) for each in pickle.loads(data)]
    if isinstance(kind, MapType):
        keys, values = pickle.loads(data)
        pairs = zip(keys, values, strict=True)
        return {_value(key, kind.key_type): _value(each, kind.value_type) for key, each in pairs}
    return pickled_bytes_to_python_converter(data, kind)
