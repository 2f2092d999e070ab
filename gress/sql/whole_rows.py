"""Rows of a result as they are: PyFlink's own reader fails on a NULL inside of a row, and on times with a zone."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyflink.common import Row
    from pyflink.table.types import DataType

_TIME = re.compile(r"(?:(?P<date>[+-]?\d{4,}-\d\d-\d\d)T)?(?P<time>\d\d:\d\d)(?P<rest>:.*)?")


class WholeRows:
    """The rows of a result, with None for NULL at any depth, and moments and intervals as texts.

    PyFlink takes a moment for one in the zone of the machine, where an hour a year is missing, and loses microseconds.

    Args:
        source: iterator of the result, as ``TableResult.collect`` returns it.
    """

    def __init__(self, source: Any) -> None:
        self._rows = source._j_closeable_iterator
        self._java_types = source._j_field_data_types
        self._types = source._data_types
        self._timed = [(place, kind) for place, kind in enumerate(self._types) if _is_of_java(kind)]

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        from pyflink.java_gateway import get_gateway

        if not self._rows.hasNext():
            raise StopIteration
        bridge = get_gateway().jvm.org.apache.flink.api.common.python.PythonBridgeUtils
        row = self._rows.next()
        timed = {place: _of_java(row.getField(place), kind) for place, kind in self._timed}
        for place in timed:
            row.setField(place, None)
        found = _row(bridge.getPickledBytesFromRow(row, self._java_types), self._types)
        for place, value in timed.items():
            found[place] = value
        return found


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


def _is_of_java(kind: DataType) -> bool:
    """Return whether values of a type are read in the JVM: moments, intervals, multisets, and what holds them."""
    from pyflink.table import types

    if isinstance(kind, types.RowType):
        return any(map(_is_of_java, kind.field_types()))
    if isinstance(kind, types.ArrayType):
        return _is_of_java(kind.element_type)
    if isinstance(kind, types.MapType):
        return _is_of_java(kind.key_type) or _is_of_java(kind.value_type)
    moments = (types.TimestampType, types.LocalZonedTimestampType, types.MultisetType)
    return isinstance(kind, (*moments, types.DayTimeIntervalType, types.YearMonthIntervalType))


def _of_java(value: Any, kind: DataType) -> Any:
    """Return a value of the JVM; py4j itself converts numbers, texts and bytes."""
    from py4j.java_gateway import JavaObject
    from pyflink.common import Row
    from pyflink.table.types import ArrayType, MapType, MultisetType, RowType

    if value is None:
        return None
    if isinstance(kind, RowType):
        return Row(*(_of_java(value.getField(place), each) for place, each in enumerate(kind.field_types())))
    if isinstance(kind, ArrayType):
        return [_of_java(each, kind.element_type) for each in value]
    if isinstance(kind, MapType):
        # A key that py4j has converted finds nothing in a map of the JVM.
        pairs = [(each.getKey(), each.getValue()) for each in value.entrySet()]
        return {_of_java(key, kind.key_type): _of_java(each, kind.value_type) for key, each in pairs}
    if isinstance(kind, MultisetType):
        return {_of_java(each.getKey(), kind.element_type): each.getValue() for each in value.entrySet()}
    return time_text(value.toString()) if isinstance(value, JavaObject) else value


def time_text(text: str) -> str:
    """Return a Java timestamp with a blank after its date, and with seconds; other texts stay as they are.

    >>> time_text("2026-03-01T10:00"), time_text("2026-03-01T10:00:00.123Z"), time_text("10:00"), time_text("PT24H")
    ('2026-03-01 10:00:00', '2026-03-01 10:00:00.123Z', '10:00:00', 'PT24H')
    """
    found = _TIME.fullmatch(text)
    if found is None:
        return text
    return " ".join(filter(None, [found["date"], found["time"] + (found["rest"] or ":00")]))
