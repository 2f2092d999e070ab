"""Reader of many JSON lines at once with Arrow, without a Python object for each value.

It accepts only flat objects, one a line, with every value of its field's type or null. If it declines, the lines are
read one by one, so the result of a line never depends on its neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from conf.settings import FieldSettings
from udfs.parsing.batch import RawColumn
from udfs.parsing.columns import from_arrow
from udfs.parsing.encoding import is_utf8
from udfs.parsing.json_shape import PADDING, read_shaped
from udfs.parsing.text_block import joined

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

MIN_LINES = 256
"""Below this many lines, setting up the reader costs more than it saves."""

_TYPES = {
    "long": "int64",
    "double": "float64",
    "decimal": "float64",
    "string": "string",
    "boolean": "bool",
    "timestamp": "int64",
}
# Arrow accepts more than orjson does. A double has up to 309 digits before the point; orjson reads 1,024 levels.
_MAX_DIGITS, _MAX_OPENINGS = 300, 1000
_STRIDE = 16
_OPENING, _OPENING_LIST, _CLOSING, _LINE_END = b"{[}\n"


@dataclass(frozen=True)
class JsonBlocks:
    """A reader of blocks of lines."""

    fields: Mapping[str, FieldSettings]

    def read(self, lines: Sequence[bytes | None]) -> dict[str, RawColumn] | None:
        """Return a column per field, a value per line; None: a line may be bad, or differ when it is read alone."""
        if self._sources is None:
            return None
        try:
            padded = joined(lines, PADDING)
        except TypeError:
            # A line is None.
            return None
        if not padded.startswith(b"{") or not is_utf8(padded):
            return None
        types = self._types(lines[0])
        arrays = read_shaped(padded, len(lines), types)
        if arrays is None:
            arrays = _read_any(padded[: -len(PADDING)], len(lines), types)
        return None if arrays is None else self._columns(arrays)

    @cached_property
    def _sources(self) -> dict[str, str] | None:
        """Arrow's type by name in the object; None if a field is nested, or shares its name but not its type."""
        sources: dict[str, str] = {}
        for name, field in self.fields.items():
            source = field.source or name
            if "." in source or sources.setdefault(source, _TYPES[field.type]) != _TYPES[field.type]:
                return None
        return sources

    def _types(self, line: bytes | None) -> dict[str, str]:
        """Return Arrow's type by name; times of a block have the kind of those in its first line."""
        import orjson

        sources = dict(self._sources or {})
        times = {field.source or name: field.unit for name, field in self.fields.items() if field.type == "timestamp"}
        if times:
            try:
                first = orjson.loads(line)  # type: ignore[arg-type]
            except orjson.JSONDecodeError:
                return sources
            for source, unit in times.items():
                found = type(first.get(source))
                if found is str or unit == "iso":
                    sources[source] = "string"
                elif found is float and unit == "s":
                    sources[source] = "float64"
        return sources

    def _columns(self, arrays: Mapping[str, pa.Array]) -> dict[str, RawColumn] | None:
        columns = {}
        for name, field in self.fields.items():
            column = from_arrow(arrays[field.source or name], field.kind)
            if column is None:
                return None
            columns[name] = column
        return columns


def _read_any(data: bytes, lines: int, types: Mapping[str, str]) -> dict[str, pa.Array] | None:
    """Return the values of some members of objects of any shape, one a line."""
    import pyarrow as pa

    if not _is_one_object_a_line(data, lines):
        return None
    try:
        table = _read(data, _schema(tuple(types.items())))
    except pa.ArrowInvalid:
        return None
    return {name: table[name].combine_chunks() for name in types} if table.num_rows == lines else None


def _is_one_object_a_line(data: bytes, lines: int) -> bool:
    """Return whether each line is one object and holds nothing that only Arrow's reader accepts."""
    letters = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(letters == _LINE_END)
    # No object can continue after "}", a line's end and "{".
    if len(ends) != lines - 1 or data[:1] != b"{" or data[-1:] != b"}":
        return False
    if (letters[ends - 1] != _CLOSING).any() or (letters[ends + 1] != _OPENING).any():
        return False
    if _has_word(data, b"NaN") or _has_word(data, b"Inf"):
        return False
    return not (_may_have_long_number(letters) or _is_deep(letters, ends))


def _has_word(data: bytes, word: bytes) -> bool:
    # The search for one letter is many times faster than for a word.
    return word[:1] in data and word in data


def _may_have_long_number(letters: NDArray[np.uint8]) -> bool:
    """Return False if no number has many digits, judged by a sample of the letters."""
    some = letters[::_STRIDE]
    others = np.flatnonzero((some < ord("0")) | (some > ord("9")))
    gaps = np.diff(others, prepend=-1, append=len(some))
    return bool(gaps.max() > _MAX_DIGITS // _STRIDE)


def _is_deep(letters: NDArray[np.uint8], ends: NDArray[np.intp]) -> bool:
    is_opening = (letters == _OPENING) | (letters == _OPENING_LIST)
    if np.count_nonzero(is_opening) - len(ends) < _MAX_OPENINGS:
        return False
    starts = np.concatenate([[0], ends + 1])
    return bool(np.add.reduceat(is_opening, starts, dtype=np.int64).max() >= _MAX_OPENINGS)


def _read(data: bytes, schema: pa.Schema) -> pa.Table:
    import pyarrow as pa
    from pyarrow import json

    return json.read_json(
        pa.BufferReader(data),
        read_options=json.ReadOptions(use_threads=False, block_size=len(data) + 1),
        parse_options=json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
    )


@lru_cache(maxsize=64)
def _schema(types: tuple[tuple[str, str], ...]) -> Any:
    import pyarrow as pa

    return pa.schema([(name, pa.type_for_alias(kind)) for name, kind in types])
