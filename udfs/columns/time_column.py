"""Times of a user's table as epoch milliseconds.

Rules:
- Datetimes of any precision, with a zone or in UTC without one, and ISO 8601 texts say by themselves which moment is
  meant. Parts of a millisecond are cut off, towards the past.
- A number is in the unit of its field, as in a job's events; without a unit in milliseconds. One that only makes sense
  in another unit, one with a fraction, and any number of a field of texts, is wrong: its row is none for a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from numbers import Real
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from udfs.columns.typed_column import refuse_type, refuse_value
from udfs.parsing.times import to_iso_ms, to_iso_ms_column
from udfs.parsing.units import UnclearTimeError, find_unclear, numbers_to_ms

_INT64 = np.iinfo(np.int64)


class TimeColumn(NamedTuple):
    """Times of a column.

    Attributes:
        ms: (n,) epoch milliseconds, NaN where there is none.
        wrong: values that are no times of the field, by row.
    """

    ms: NDArray[Any]
    wrong: Mapping[int, object] = MappingProxyType({})


def time_column(name: str, values: NDArray[Any], unit: str = "") -> TimeColumn:
    """Return the times of a column.

    Args:
        name: of the column.
        values: (n,) datetimes, numbers with NaN, or objects: any of these and texts, None where absent.
        unit: of numbers: s, ms, us or ns; iso: there are none; empty: unknown.

    Raises:
        FeatureError: a value is no time of any kind; the text has the column, the value and its row.

    >>> time_column("at", np.array(["2024-01-01T05:00:00.123456"], "datetime64[us]")).ms.tolist()
    [1704085200123]
    >>> time_column("at", np.array([1_704_085_200]), "s").ms.tolist()
    [1704085200000]
    """
    if values.dtype.kind == "M":
        return TimeColumn(_ms_of_datetimes(values))
    if values.dtype == object:
        return _of_objects(name, values, unit)
    if values.dtype.kind not in "iuf":
        refuse_type(name, values)
    return _of_numbers(values, unit)


def _ms_of_datetimes(values: NDArray[Any]) -> NDArray[Any]:
    is_absent = np.isnat(values)
    ms = values.astype("datetime64[ms]").astype(np.int64)
    return np.where(is_absent, np.nan, ms) if is_absent.any() else ms


def _of_numbers(values: NDArray[Any], unit: str) -> TimeColumn:
    is_known = np.isfinite(values)
    wrong = _wrong_rows(values, is_known, unit)
    if len(wrong):
        found = {int(row): _wrong_number(values[row].item(), unit) for row in wrong}
        values = values.astype(np.float64)
        values[wrong] = np.nan
        is_known[wrong] = False
    else:
        found = {}
    if unit in ("", "ms", "iso"):
        return TimeColumn(values, found)
    if is_known.all():
        return TimeColumn(numbers_to_ms(_wide(values, unit), unit), found)
    ms = np.where(np.isnan(values), np.nan, values.astype(np.float64))
    ms[is_known] = numbers_to_ms(_wide(values[is_known], unit), unit)
    return TimeColumn(ms, found)


def _wrong_rows(values: NDArray[Any], is_known: NDArray[np.bool_], unit: str) -> NDArray[np.intp]:
    if unit == "iso":
        return np.flatnonzero(is_known)
    if unit == "":
        return find_unclear(values)
    # Milliseconds with a fraction are found by the checks of all fields.
    is_cut = is_known & (np.trunc(values) != values) if unit in ("us", "ns") and values.dtype.kind == "f" else None
    return np.empty(0, np.intp) if is_cut is None else np.flatnonzero(is_cut)


def _wrong_number(value: float, unit: str) -> object:
    return UnclearTimeError(int(value)) if unit == "" else value


def _wide(values: NDArray[Any], unit: str) -> NDArray[Any]:
    """Return numbers as ``numbers_to_ms`` takes them: doubles for seconds with a fraction, else 64 bits."""
    if values.dtype.kind == "f" and unit == "s":
        return values.astype(np.float64)
    if values.dtype == np.uint64:
        values = values.clip(max=_INT64.max)
    elif values.dtype.kind == "f":
        values = values.clip(-(2.0**62), 2.0**62)
    return values.astype(np.int64)


def _of_objects(name: str, values: NDArray[Any], unit: str) -> TimeColumn:
    texts = _ms_of_texts(values)
    if texts is not None:
        return TimeColumn(texts)
    ms = np.full(len(values), np.nan)
    wrong: dict[int, object] = {}
    for row, value in enumerate(values):
        if value is None:
            continue
        number = np.asarray(value).reshape(-1)
        if isinstance(value, Real) and number.dtype.kind in "iuf":
            found = _of_numbers(number, unit)
            ms[row] = found.ms[0]
            if found.wrong:
                wrong[row] = found.wrong[0]
        else:
            ms[row] = _ms_of_one(name, values, row)
    return TimeColumn(ms, wrong)


def _ms_of_texts(values: NDArray[Any]) -> NDArray[np.float64] | None:
    """Return the times of texts, read as those of events are; None: there is something else among them."""
    import pandas as pd
    import pyarrow as pa

    seen = pd.api.types.infer_dtype(values, skipna=True)
    if seen == "empty":
        return np.full(len(values), np.nan)
    found = to_iso_ms_column(pa.array(values, pa.string())) if seen == "string" else None
    return None if found is None else np.where(pd.isna(values), np.nan, found)


def _ms_of_one(name: str, values: NDArray[Any], row: int) -> float:
    """Return the time of a text or a datetime.

    PyArrow and pandas read columns of both as a whole, and then take the zone of one value for another's.
    """
    import pandas as pd

    value = values[row]
    try:
        if isinstance(value, str):
            return float(to_iso_ms(value))
        if isinstance(value, date | np.datetime64):
            moment = pd.Timestamp(value)
            moment = moment if moment.tz is None else moment.tz_convert(None)
            return np.nan if moment is pd.NaT else float(moment.asm8.astype("datetime64[ms]").astype(np.int64))
    except (ValueError, OverflowError):
        pass
    refuse_value(name, values, row, "a time")
