from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conf.events import FieldSettings, TimeUnit
from udfs.parsing.json_lines import JsonLines
from udfs.parsing.values import JSON_VALUES
from udfs.pieces.parquet_pieces import parquet_pieces

MOMENT = dt.datetime(2018, 4, 1, 0, 0, 31, 250_000)  # noqa: DTZ001 - as files without zones have it


def lines_of(path: Path, units: dict[str, str | None] | None = None) -> list[bytes]:
    pieces = parquet_pieces([path], 4_096, units or {})
    return [line for number in range(pieces.count) for line in pieces.read(number)]


def rows_of(path: Path, units: dict[str, str | None] | None = None) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines_of(path, units)]


def broken(texts: list[bytes | None], kind: pa.DataType) -> pa.Array:
    """A column of text whose bytes nobody checked, as some writers make it."""
    packed = pa.array(texts, pa.large_binary() if pa.types.is_large_string(kind) else pa.binary())
    return pa.Array.from_buffers(kind, len(texts), packed.buffers())


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()], ids=str)
@pytest.mark.parametrize("shape", ["plain", "list", "struct", "dictionary"])
def test_text_that_is_no_utf8_is_malformed_with_its_bytes_kept(kind: pa.DataType, shape: str, tmp_path: Path) -> None:
    texts = broken([b"fine", b"bad \xff\xfe", None, "ü".encode()], kind)
    column = {
        "plain": lambda: texts,
        "list": lambda: pa.ListArray.from_arrays([0, 1, 2, 3, 4], texts),
        "struct": lambda: pa.StructArray.from_arrays([texts], ["x"]),
        "dictionary": lambda: pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 3]), texts.fill_null("")),
    }[shape]()
    moments = pa.array([MOMENT] * 4, pa.timestamp("us"))
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": range(4), "at": moments, "cost": [Decimal("1.5")] * 4, "text": column}), path)
    lines = lines_of(path)
    fields = {"id": FieldSettings(type="long"), "at": FieldSettings(type="timestamp")}
    found = JsonLines(fields).read(lines)
    assert {row: problem.reason for row, problem in found.problems.items()} == {1: "malformed"}
    assert found.columns["id"].values.tolist() == [0, 2, 3]
    assert b'"bad \xff\xfe"' in lines[1]
    assert lines[1].startswith(b'{"id":1,"at":1522540831250,"cost":1.5,"text":')
    assert "ü".encode() in lines[3]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_times_are_epoch_milliseconds(unit: str, zone: str | None, tmp_path: Path) -> None:
    aware = MOMENT.replace(tzinfo=dt.timezone.utc, microsecond=0 if unit == "s" else 250_000)
    column = pa.array([aware if zone else aware.replace(tzinfo=None)], pa.timestamp(unit, zone))
    pq.write_table(pa.table({"at": column}), tmp_path / "a.parquet")
    assert rows_of(tmp_path / "a.parquet") == [{"at": 1_522_540_831_000 + (0 if unit == "s" else 250)}]


@pytest.mark.parametrize("unit", [None, "s", "ms", "us", "ns", "iso"])
def test_times_of_a_file_mean_the_same_in_every_unit_of_the_field(unit: TimeUnit | None, tmp_path: Path) -> None:
    """Times of a few weeks of 1970, which numbers would show as another unit's, are no exception."""
    moments = [MOMENT, dt.datetime(1970, 1, 19), None, MOMENT]  # noqa: DTZ001
    pq.write_table(pa.table({"at": pa.array(moments, pa.timestamp("us"))}), tmp_path / "a.parquet")
    rows = rows_of(tmp_path / "a.parquet", {"at": unit})
    field = FieldSettings(type="timestamp", required=False, unit=unit)
    read = JSON_VALUES[field.kind]
    first, second, third, _ = (row["at"] if row["at"] is None else read(row["at"]) for row in rows)
    assert (first, second, third) == (1_522_540_831_250, 18 * 86_400_000, None)


def test_values_keep_their_kind(tmp_path: Path) -> None:
    table = pa.table(
        {
            "long": pa.array([2**62, None]),
            "double": pa.array([0.1, float("nan")]),
            "decimal": pa.array([Decimal("57.16"), None], pa.decimal128(12, 2)),
            "whole": pa.array([Decimal(2**60 + 1), None], pa.decimal128(38, 0)),
            "huge": pa.array([Decimal(2**70), None], pa.decimal128(38, 0)),
            "text": pa.array(["ü", None]).dictionary_encode(),
            "flag": pa.array([True, None]),
            "day": pa.array([MOMENT.date(), None]),
            "deep": pa.array([{"x": 1}, None]),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    first, second = rows_of(tmp_path / "a.parquet")
    assert first == {
        "long": 2**62,
        "double": 0.1,
        "decimal": 57.16,
        "whole": 2**60 + 1,
        "huge": 2.0**70,
        "text": "ü",
        "flag": True,
        "day": "2018-04-01",
        "deep": {"x": 1},
    }
    assert set(second.values()) == {None}
