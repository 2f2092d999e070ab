"""Conversion of a column of raw values to its field's type, in one call if all values are of one kind.

If they are not, the column is halved until a part is of one kind, or so short that its values are read one by one. So
one wrong value costs little, and the meaning of a value never depends on its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from udfs.parsing.batch import RawColumn
from udfs.parsing.times import to_iso_ms_column
from udfs.parsing.units import UnclearTimeError, find_unclear, numbers_to_ms
from udfs.parsing.values import CSV_VALUES, JSON_VALUES

if TYPE_CHECKING:
    from typing import TypeAlias

    import pyarrow as pa
    from numpy.typing import NDArray

    Cells: TypeAlias = "list[str | None] | pa.StringArray"

# Up to this many values, reading them one by one is faster than finding their common kind.
_LEAF = 32
# Below this many texts, reading them one by one is faster than Arrow.
_ISO_MIN = 16
_NONE = type(None)
# Array type, its filler for null, and the Python types that it holds unchanged.
_TYPES: dict[str, tuple[str, object, set[type]]] = {
    "long": ("int64", 0, {int}),
    "double": ("float64", 0.0, {int, float}),
    "decimal": ("float64", 0.0, {int, float}),
    "string": ("object", None, {str}),
    "boolean": ("bool", False, {bool}),
    "timestamp": ("int64", 0, {int}),
    **{f"timestamp:{unit}": ("int64", 0, {int}) for unit in ("ms", "us", "ns")},
    "timestamp:s": ("int64", 0, {int, float}),
    "timestamp:iso": ("int64", 0, set()),
}
_TIME = "timestamp"


def convert_json(values: list[Any], kind: str) -> RawColumn:
    """Return the values of a JSON field, with the types of its reader, as a column of a field type."""
    return _json_at_once(values, kind) or _convert(values, kind, _json_at_once, JSON_VALUES[kind])


def convert_csv(cells: Cells, kind: str) -> RawColumn:
    """Return cells, None for an empty one, as a column of a field type; an Arrow array is faster than a list."""
    return _convert(cells, kind, _csv_at_once, CSV_VALUES[kind])


def from_arrow(array: pa.Array, kind: str) -> RawColumn | None:
    """Return typed values of a JSON field as a column of its type; None: the caller must read them one by one."""
    filler = _TYPES[kind][1]
    if kind.startswith(_TIME) and _is_text(array):
        return _iso_at_once(array)
    nulls = _nulls(array)
    if nulls is not None and filler is not None:
        array = array.fill_null(filler)
    values = array.to_numpy(zero_copy_only=False)
    if values.dtype == np.float64 and not np.isfinite(values).all():
        return None
    return _timed(values, nulls, kind)


def join_columns(columns: Sequence[RawColumn]) -> RawColumn:
    """Return the columns joined end to end."""
    if len(columns) == 1:
        return columns[0]
    nulls = None
    if any(column.nulls is not None for column in columns):
        nulls = np.concatenate(
            [np.zeros(len(c.values), dtype=bool) if c.nulls is None else c.nulls for c in columns]
        )
    wrong: dict[int, object] = {}
    offset = 0
    for column in columns:
        wrong.update((offset + row, value) for row, value in column.wrong.items())
        offset += len(column.values)
    return RawColumn(np.concatenate([column.values for column in columns]), nulls, wrong)


def _convert(
    values: Any, kind: str, at_once: Callable[[Any, str], RawColumn | None], one: Callable[[Any], Any]
) -> RawColumn:
    column = at_once(values, kind)
    if column is not None:
        return column
    if len(values) <= _LEAF:
        return _one_by_one(values if isinstance(values, list) else values.to_pylist(), kind, one)
    half = len(values) // 2
    return join_columns([_convert(part, kind, at_once, one) for part in (values[:half], values[half:])])


def _one_by_one(values: list[Any], kind: str, one: Callable[[Any], Any]) -> RawColumn:
    dtype, filler, _ = _TYPES[kind]
    typed: list[Any] = []
    wrong: dict[int, object] = {}
    for row, value in enumerate(values):
        try:
            typed.append(None if value is None else one(value))
        except UnclearTimeError as error:
            wrong[row] = error
            typed.append(None)
        except (ValueError, KeyError, OverflowError):
            wrong[row] = value
            typed.append(None)
    if None not in typed:
        return RawColumn(np.array(typed, dtype=dtype))
    nulls = np.array([value is None for value in typed], dtype=bool)
    filled = [filler if value is None else value for value in typed]
    return RawColumn(np.array(filled, dtype=dtype), nulls, wrong)


def _json_at_once(values: list[Any], kind: str) -> RawColumn | None:
    dtype, filler, plain = _TYPES[kind]
    found = set(map(type, values))
    if kind.startswith(_TIME) and str in found:
        return _iso_at_once(values) if found <= {str, _NONE} else None
    nulls = None
    if _NONE in found:
        nulls = np.array([value is None for value in values], dtype=bool)
        values = [filler if value is None else value for value in values]
        found.discard(_NONE)
    if not found <= plain:
        return None
    try:
        typed = np.array(values, dtype="float64" if kind == "timestamp:s" and float in found else dtype)
    except OverflowError:
        return None
    return _timed(typed, nulls, kind)


def _timed(values: NDArray[Any], nulls: NDArray[np.bool_] | None, kind: str) -> RawColumn:
    """Return a column of values; numbers of a time become epoch milliseconds, and unclear ones are wrong."""
    _, colon, unit = kind.partition(":")
    if unit == "iso":
        # No numbers are there, only absent values.
        return RawColumn(values, nulls)
    if colon:
        return RawColumn(numbers_to_ms(values, unit), nulls)
    rows = find_unclear(values) if kind == _TIME else ()
    if not len(rows):
        return RawColumn(values, nulls)
    wrong = {int(row): UnclearTimeError(int(values[row])) for row in rows}
    nulls = np.zeros(len(values), dtype=bool) if nulls is None else nulls.copy()
    nulls[rows] = True
    return RawColumn(np.where(nulls, 0, values), nulls, wrong)


def _iso_at_once(values: Cells) -> RawColumn | None:
    import pyarrow as pa

    if len(values) < _ISO_MIN:
        return None
    texts = pa.array(values, pa.string()) if isinstance(values, list) else values
    moments = to_iso_ms_column(texts)
    return None if moments is None else RawColumn(moments, _nulls(texts))


def _csv_at_once(cells: Cells, kind: str) -> RawColumn | None:
    if isinstance(cells, list):
        return None
    if kind == "string":
        return RawColumn(cells.to_numpy(zero_copy_only=False), _nulls(cells))
    if kind == "timestamp:iso" or (kind.startswith(_TIME) and not _starts_with_number(cells)):
        return _iso_at_once(cells)
    values = _cast(cells, _TYPES[kind])
    if values is None and kind == "timestamp:s" and not _has_other_numbers(cells):
        values = _cast(cells, _TYPES["double"])
    return None if values is None else _timed(values, _nulls(cells), kind)


def _cast(cells: pa.StringArray, wanted: tuple[str, object, set[type]]) -> NDArray[Any] | None:
    """Return cells as numbers or booleans; None: some are not, or only Arrow would accept them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    dtype, filler, _ = wanted
    if dtype == "int64" and _may_have_hex(cells):
        return None
    try:
        typed = pc.cast(cells, pa.type_for_alias(dtype))
    except pa.ArrowInvalid:
        return None
    values: NDArray[Any] = typed.fill_null(filler).to_numpy(zero_copy_only=False)
    # Arrow reads "nan" and "inf".
    return values if dtype != "float64" or np.isfinite(values).all() else None


def _nulls(array: pa.Array) -> NDArray[np.bool_] | None:
    return array.is_null().to_numpy(zero_copy_only=False) if array.null_count else None


def _is_text(array: pa.Array) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(array.type))


def _starts_with_number(cells: pa.StringArray) -> bool:
    first = next((cell.as_py() for cell in cells if cell.is_valid), "0")
    return bool(first.removeprefix("-").replace(".", "", 1).isdecimal())


def _has_other_numbers(cells: pa.StringArray) -> bool:
    """Return whether a cell is no number with a point, such as ``1e9``, which Arrow would read."""
    import pyarrow.compute as pc

    return not pc.all(pc.match_substring_regex(cells, r"^-?[0-9]+(\.[0-9]*)?$")).as_py()


def _may_have_hex(cells: pa.StringArray) -> bool:
    # Arrow reads "0x1f" as an integer.
    data = cells.buffers()[2]
    if data is None:
        return False
    text = data.to_pybytes()
    return b"x" in text or b"X" in text
