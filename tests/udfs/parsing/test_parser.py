from __future__ import annotations

import json
import pickle
from types import ModuleType

import cloudpickle
import numpy as np
import pytest

from conf.settings import FieldSettings
from tests.support.lines import encoded
from tests.udfs.parsing.outcomes import outcomes
from udfs.parsing.lines import CsvLines, JsonLines, LineFormat
from udfs.parsing.parser import EventParser

TYPES = ("long", "double", "string", "boolean", "timestamp")
DTYPES = {"long": "int64", "double": "float64", "string": "object", "boolean": "float64", "timestamp": "int64"}
FIELDS = {kind: FieldSettings(type=kind, required=False) for kind in TYPES}
FULL = {"long": 2**53 + 1, "double": 0.5, "string": "s", "boolean": True, "timestamp": 1_522_540_800_000}
FORMATS: dict[str, LineFormat] = {"json": JsonLines(FIELDS), "csv": CsvLines(FIELDS, tuple(FIELDS))}


def line(form: str, record: dict[str, object]) -> str:
    if form == "json":
        return json.dumps(record)
    return ",".join(str(record.get(name, "")) for name in FIELDS)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("size", [0, 1, 60, 1_100])
def test_columns_without_nulls_have_the_documented_types(form: str, size: int) -> None:
    batch = EventParser(FIELDS, FORMATS[form]).parse(encoded([line(form, FULL)] * size))
    assert {name: values.dtype.name for name, values in batch.columns.items()} == DTYPES
    assert {name: values.tolist() for name, values in batch.columns.items()} == {
        name: [value] * size for name, value in FULL.items()
    }
    assert (batch.rows, batch.good, batch.exact, batch.problems) == (None, size, {}, {})


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("size", [2, 60, 1_100])
def test_nulls_are_nan_or_none_and_integers_stay_exact(form: str, size: int) -> None:
    lines = [line(form, FULL), line(form, {"string": "t"})] * (size // 2)
    batch = EventParser(FIELDS, FORMATS[form]).parse(encoded(lines))
    for name in ("long", "double", "boolean", "timestamp"):
        assert batch.columns[name].dtype == np.float64
        np.testing.assert_array_equal(np.isnan(batch.columns[name]), [False, True] * (size // 2))
    assert batch.columns["string"].tolist() == ["s", "t"] * (size // 2)
    assert batch.exact["long"].tolist() == [2**53 + 1, None] * (size // 2)
    assert batch.exact["timestamp"].tolist() == [1_522_540_800_000, None] * (size // 2)


@pytest.mark.parametrize("form", FORMATS)
def test_nulls_of_dropped_rows_leave_no_trace(form: str) -> None:
    fields = {"key": FieldSettings(type="long"), "count": FieldSettings(type="long", required=False)}
    lines = JsonLines(fields) if form == "json" else CsvLines(fields, ("key", "count"))
    full, bare = ('{"key":1,"count":2}', "{}") if form == "json" else ("1,2", ",")
    batch = EventParser(fields, lines).parse(encoded([full, bare] * 50))
    assert batch.columns["count"].dtype == np.int64
    assert not batch.exact
    np.testing.assert_array_equal(batch.rows, np.arange(0, 100, 2))


@pytest.mark.parametrize("form", FORMATS)
def test_a_batch_of_bad_lines_alone_has_empty_columns(form: str) -> None:
    batch = EventParser(FIELDS, FORMATS[form]).parse(encoded(["{"] * 60))
    assert (batch.good, len(batch.problems)) == (0, 60)
    assert {name: (len(values), values.dtype.name) for name, values in batch.columns.items()} == {
        name: (0, dtype) for name, dtype in DTYPES.items()
    }


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("step", [1, 7, 50])
def test_splitting_a_batch_changes_nothing(form: str, step: int) -> None:
    records: list[dict[str, object]] = [{**FULL, "long": row, "double": row / 3} for row in range(300)]
    records[100] = {"long": "x"}
    lines = [line(form, record) for record in records]
    lines[200] = '{"'
    parser = EventParser(FIELDS, FORMATS[form])
    parts = [outcomes(parser.parse(encoded(lines[start : start + step]))) for start in range(0, 300, step)]
    assert [row for part in parts for row in part] == outcomes(parser.parse(encoded(lines)))


def test_two_fields_may_have_one_source() -> None:
    fields = {"a": FieldSettings(type="long", source="x"), "b": FieldSettings(type="double", source="x")}
    for lines, text in ((JsonLines(fields), '{"x": 5}'), (CsvLines(fields, ("x",)), "5")):
        for size in (1, 60):
            batch = EventParser(fields, lines).parse(encoded([text] * size))
            assert (batch.columns["a"].tolist(), batch.columns["b"].tolist()) == ([5] * size, [5.0] * size)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("pickler", [pickle, cloudpickle], ids=["pickle", "cloudpickle"])
def test_a_parser_survives_pickling(form: str, pickler: ModuleType) -> None:
    parser = EventParser(FIELDS, FORMATS[form])
    lines = [line(form, FULL)] * 60
    wanted = outcomes(parser.parse(encoded(lines)))
    copy = pickle.loads(pickler.dumps(parser))
    assert outcomes(copy.parse(encoded(lines))) == wanted
    assert outcomes(pickle.loads(pickle.dumps(copy.parse(encoded(lines))))) == wanted


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("size", [1, 1_100])
@pytest.mark.parametrize("is_first_absent", [True, False])
def test_zero_has_no_sign(form: str, size: int, is_first_absent: bool) -> None:
    zeros = [line(form, {"double": -0.0})] * size
    lines = [line(form, {}), *zeros] if is_first_absent else zeros
    values = EventParser(FIELDS, FORMATS[form]).parse(encoded(lines)).columns["double"][-size:]
    assert values.tolist() == [0.0] * size
    assert not np.signbit(values).any()
