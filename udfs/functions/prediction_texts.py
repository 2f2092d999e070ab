"""Columns of predictions to lines of JSON, all rows at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, partial
from operator import add
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Union

import numpy as np
from numpy.typing import NDArray

from conf.settings import JobSettings
from udfs.columns.coded import Coded
from udfs.columns.repeated import is_repeated
from udfs.row_columns import CarriedField, Column, EventField, ExperimentColumn, StepColumn
from udfs.rows import DECIMAL_DIGITS, decimal_scale, predictions_of

if TYPE_CHECKING:
    import pyarrow as pa

_ESCAPED = r'[\x00-\x1f"\\]'
_PLAIN_KINDS = ("long", "string", "timestamp")


class Texts(NamedTuple):
    """Values as JSON, one a row: a text with the same before and after it in every row; NULL where there is none."""

    texts: pa.StringArray
    before: str = ""
    after: str = ""


class CodedTexts(NamedTuple):
    """Values as JSON, one of few texts a row by its code; an empty one where there is no value."""

    codes: NDArray[np.int8]
    texts: tuple[str, ...]

    def plus(self, texts: Sequence[str]) -> CodedTexts:
        """Return the texts, each followed by another."""
        return CodedTexts(self.codes, tuple(map(add, self.texts, texts)))


Part = Union["pa.StringArray", CodedTexts, str]


@dataclass(frozen=True)
class PredictionTexts:
    """Writes rows as a table has them: same names, order and values; absent values are left out.

    Args:
        job: settings of the job.
        columns: of the table; none: those of predictions.
    """

    job: JobSettings
    columns: tuple[Column, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether the key has one text here and in SQL, which a floating-point number has not."""
        return self.job.events.fields[self.job.events.key].type in _PLAIN_KINDS

    def write(self, columns: Mapping[str, Any], *, end: str = "") -> pa.StringArray:
        """Return each row as a JSON object, followed by ``end``."""
        import pyarrow.compute as pc

        (first, *others), values = self._columns, self._values
        parts = ["{", _named(first.name), *_parts(values(first, columns))]
        for column in others:
            parts += _member(column.name, values(column, columns))
        return pc.binary_join_element_wise(*map(_spread, _merged([*parts, "}" + end])), "")

    @cached_property
    def _columns(self) -> tuple[Column, ...]:
        return self.columns or predictions_of(self.job)

    def _values(self, column: Column, columns: Mapping[str, Any]) -> Texts | CodedTexts | str:
        """Return the values of a column as JSON: a text for all rows, empty where there are none, or one a row."""
        source = column.source
        if isinstance(source, EventField):
            name = getattr(self.job.events, source.role)
        else:
            name = source.name if isinstance(source, CarriedField | StepColumn) else None
            if isinstance(source, ExperimentColumn) and source.name in columns:
                name = source.name
        values = columns[name] if name else None
        if isinstance(values, Coded):
            return CodedTexts(values.codes, tuple(map(_one, values.values)))
        return _writer(column.kind)(values) if name else ""


def block(lines: pa.StringArray) -> bytes | None:
    r"""Return lines end to end, without the end of the last; None for no lines.

    >>> import pyarrow as pa
    >>> block(pa.array(['{"a":1}\n', '{"a":2}\n']))
    b'{"a":1}\n{"a":2}'
    """
    if not len(lines):
        return None
    # All texts of an array lie end to end.
    _, offsets, data = lines.buffers()
    places = np.frombuffer(offsets, np.int32)[[lines.offset, lines.offset + len(lines)]]
    return bytes(memoryview(data)[places[0] : places[1] - 1])


def _member(name: str, values: Texts | CodedTexts | str) -> list[Part]:
    """Return ``,"name":value``, nothing where there is no value, in parts to be joined."""
    import pyarrow.compute as pc

    prefix = "," + _named(name)
    if isinstance(values, str):
        return [prefix + values] if values else []
    if isinstance(values, CodedTexts):
        return [CodedTexts(values.codes, tuple(prefix + text if text else "" for text in values.texts))]
    if values.texts.null_count:
        named = pc.binary_join_element_wise(prefix + values.before, values.texts, values.after, "")
        return [pc.fill_null(named, "")]
    return [prefix, *_parts(values)]


def _parts(values: Texts | CodedTexts | str) -> list[Part]:
    return [values.before, values.texts, values.after] if isinstance(values, Texts) else [values]


def _named(name: str) -> str:
    return f"{_json(name)}:"


def _merged(parts: Sequence[Part]) -> list[Part]:
    """Return parts with neighbours made one where that takes no text a row: constants, and texts of the same codes."""
    merged: list[Part] = []
    for part in parts:
        joined = _together(merged[-1], part) if merged else None
        if joined is None:
            merged.append(part)
        else:
            merged[-1] = joined
    return merged


def _together(left: Part, right: Part) -> Part | None:
    """Return two parts as one; None: they are apart."""
    if isinstance(left, CodedTexts):
        if isinstance(right, str):
            return left.plus([right] * len(left.texts))
        is_alike = isinstance(right, CodedTexts) and right.codes is left.codes and len(left.texts) == len(right.texts)
        return left.plus(right.texts) if is_alike else None
    if not isinstance(left, str):
        return None
    if isinstance(right, CodedTexts):
        return CodedTexts(right.codes, (left,) * len(right.texts)).plus(right.texts)
    return left + right if isinstance(right, str) else None


def _spread(part: Part) -> pa.StringArray | str:
    """Return a part as Arrow joins it."""
    import pyarrow as pa

    return pa.array(part.texts, pa.string()).take(pa.array(part.codes)) if isinstance(part, CodedTexts) else part


def _quoted(values: Any) -> Texts | str:
    import pyarrow as pa
    import pyarrow.compute as pc

    if is_repeated(values):
        return "" if values[0] is None else _json(values[0])
    texts = pa.array(values, from_pandas=True).cast(pa.string())
    if pc.any(pc.match_substring_regex(texts, _ESCAPED)).as_py():
        return Texts(pa.array([None if text is None else _json(text) for text in texts.to_pylist()], pa.string()))
    return Texts(texts, '"', '"')


def _time(values: Any) -> Texts:
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pa.array(values, pa.int64(), from_pandas=True).cast(pa.timestamp("ms")).cast(pa.string())
    # As SQL writes it: no zeros at the end of a fraction, no empty fraction.
    short = pc.ascii_rtrim(pc.ascii_rtrim(texts, "0"), ".")
    return Texts(pc.replace_substring(short, " ", "T"), '"', 'Z"')


def _boolean(values: Any) -> Texts:
    import pyarrow as pa

    # Inside a job booleans are 0 and 1.
    return Texts(pa.array(values, pa.float64(), from_pandas=True).cast(pa.bool_()).cast(pa.string()))


def _decimal(scale: int, values: Any) -> Texts:
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = pa.array(values, pa.float64(), from_pandas=True)
    texts = numbers.cast(pa.decimal128(DECIMAL_DIGITS, scale)).cast(pa.string())
    if pc.any(pc.match_substring(texts, "E")).as_py():
        # Arrow writes numbers below a millionth with an exponent.
        plain = [None if text is None else f"{Decimal(text):f}" for text in texts.to_pylist()]
        return Texts(pa.array(plain, pa.string()))
    return Texts(texts)


def _whole(values: Any) -> Texts | str:
    import pyarrow as pa

    array = np.asarray(values)
    if array.dtype.kind == "i" and len(array) and (array == array[0]).all():
        return str(array[0])
    return Texts(pa.array(values, pa.int64(), from_pandas=True).cast(pa.string()))


def _number(values: Any) -> Texts | str:
    import pyarrow as pa

    if is_repeated(values):
        return _one(values[0])
    return Texts(_number_texts(pa.array(values, pa.float64(), from_pandas=True)))


def _number_texts(numbers: pa.DoubleArray) -> pa.StringArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = numbers.cast(pa.string())
    if pc.any(pc.equal(numbers, pc.trunc(numbers))).as_py():
        # A number that happens to be whole is still of the type that the others are of.
        is_whole = pc.match_substring_regex(texts, r"^-?\d+$")
        return pc.if_else(is_whole, pc.binary_join_element_wise(texts, ".0", ""), texts)
    return texts


def _numbers(values: Any) -> Texts | str:
    import pyarrow as pa
    import pyarrow.compute as pc

    if is_repeated(values):
        return ""
    lists = pa.array(list(values), pa.list_(pa.float64()), from_pandas=True)
    if lists.null_count:
        return Texts(pa.array([None if row is None else _json(row) for row in lists.to_pylist()], pa.string()))
    texts = pa.ListArray.from_arrays(lists.offsets, _number_texts(lists.values))
    return Texts(pc.binary_join(texts, ","), "[", "]")


def _one(value: str | float | None) -> str:
    """Return a value as JSON; an empty text for None and NaN."""
    if value is None or value != value:  # noqa: PLR0124
        return ""
    return _json(value) if isinstance(value, str) or not np.isfinite(value) else _of_number(value)


def _of_number(value: float) -> str:
    import pyarrow as pa

    # Some numbers have several texts, and each row has the same one.
    return _json(value) if isinstance(value, int) else str(_number_texts(pa.array([value], pa.float64()))[0])


def _json(value: Any) -> str:
    import orjson

    return orjson.dumps(value).decode()


def _writer(kind: str) -> Callable[[Any], Texts | str]:
    scale = decimal_scale(kind)
    return _WRITERS[kind] if scale is None else partial(_decimal, scale)


_WRITERS: Mapping[str, Callable[[Any], Texts | str]] = MappingProxyType(
    {
        "STRING": _quoted,
        "TIMESTAMP_LTZ(3)": _time,
        "DOUBLE": _number,
        "BIGINT": _whole,
        "INT": _whole,
        "BOOLEAN": _boolean,
        "ARRAY<DOUBLE>": _numbers,
    }
)
