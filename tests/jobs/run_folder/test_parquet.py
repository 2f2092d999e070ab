from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.run_folder.arrow import arrow_schema, read_json_parts
from jobs.run_folder.parquet import convert_json_parts, csv_table
from tests.jobs.run_folder.parts import WriteParts
from udfs.row_columns import CarriedField, Column, EventField
from udfs.rows import DEAD_LETTER, PREDICTION, pick, prediction_row

_ROW = {
    "event_id": "7",
    "event_time": "2018-04-01T00:00:31Z",
    "key": "3",
    "risk": 0.25,
    "label": "fraud",
    "scores": [0.75, 0.25],
    "model": "m",
    "version": "1.0.0",
    "latency_us": 12,
}


def test_every_type_of_a_sink_has_an_arrow_type() -> None:
    predictions, letters = map(arrow_schema, (prediction_row("risk"), DEAD_LETTER))
    assert predictions.names == [column.name for column in prediction_row("risk")]
    assert predictions.field("event_time").type == pa.timestamp("ms", "UTC")
    assert predictions.field("scores").type == pa.list_(pa.float64())
    assert predictions.field("risk").type == pa.float64()
    assert letters.field("offset").type == pa.int64()
    assert letters.field("partition").type == pa.int32()


def test_parts_become_one_file_and_are_gone(tmp_path: Path, write_parts: WriteParts) -> None:
    write_parts("predictions", [_ROW, _ROW, _ROW])
    write_parts("alerts", [_ROW])
    write_parts("dead_letters", [{"value": "ü", "reason": "late", "failed_at": "2026-01-02T03:04:05.678Z"}])
    convert_json_parts(tmp_path, prediction_row("risk"))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "alerts.parquet",
        "dead_letters.parquet",
        "predictions.parquet",
    ]
    table = pq.read_table(tmp_path / "predictions.parquet")
    assert table.schema == arrow_schema(prediction_row("risk"))
    assert table.num_rows == 3
    found = table.to_pylist()[0]
    assert {name: value for name, value in found.items() if value is not None} == {
        **_ROW,
        "event_time": dt.datetime(2018, 4, 1, 0, 0, 31, tzinfo=dt.timezone.utc),
    }
    letter = pq.read_table(tmp_path / "dead_letters.parquet").to_pylist()[0]
    assert letter["value"] == "ü"
    assert letter["failed_at"] == dt.datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=dt.timezone.utc)


def test_fields_that_predictions_carry_keep_their_types(tmp_path: Path, write_parts: WriteParts) -> None:
    kinds = {"amount": "DECIMAL(38, 2)", "flag": "BOOLEAN", "count": "BIGINT", "at": "TIMESTAMP_LTZ(3)"}
    more = tuple(Column(name, kind, CarriedField(name), "Field.") for name, kind in kinds.items())
    line = b'{"event_id":"7","amount":12.3,"flag":true,"count":9007199254740993,"at":"2018-04-01T00:00:31.5Z"}'
    write_parts("predictions", [{"event_id": "6"}])
    (tmp_path / "predictions" / "part-9").write_bytes(line + b"\n")
    write_parts("dead_letters", [])
    convert_json_parts(tmp_path, (*prediction_row(), *more))
    table = pq.read_table(tmp_path / "predictions.parquet").select(kinds)
    assert table.schema.types == [pa.decimal128(38, 2), pa.bool_(), pa.int64(), pa.timestamp("ms", "UTC")]
    at = dt.datetime(2018, 4, 1, 0, 0, 31, 500_000, tzinfo=dt.timezone.utc)
    assert [list(row.values()) for row in table.to_pylist()] == [
        [None] * 4,
        [Decimal("12.30"), True, 9007199254740993, at],
    ]


@pytest.mark.parametrize("kind", ["STRING", "BIGINT"])
def test_ids_of_the_version_before_are_read_beside_those_of_this_one(
    kind: str, tmp_path: Path, write_parts: WriteParts
) -> None:
    lines = b'{"event_id":"8","key":"a"}\n{"event_id":9007199254740993,"key":"\\"event_id\\":7,"}\n'
    write_parts("predictions", [{"event_id": 6}])
    (tmp_path / "predictions" / "part-9").write_bytes(lines)
    columns = (Column("event_id", kind, EventField("id"), "Id."), *pick(PREDICTION, "key"))
    found = pa.concat_tables(read_json_parts(tmp_path / "predictions", arrow_schema(columns)))
    wanted = [6, 8, 9007199254740993]
    assert found["event_id"].to_pylist() == (wanted if kind == "BIGINT" else list(map(str, wanted)))
    assert found["key"].to_pylist() == [None, "a", '"event_id":7,']


def test_run_of_nothing_gives_empty_files_with_columns(tmp_path: Path) -> None:
    convert_json_parts(tmp_path, prediction_row())
    assert pq.read_table(tmp_path / "predictions.parquet").num_rows == 0
    assert pq.read_schema(tmp_path / "dead_letters.parquet").names == [column.name for column in DEAD_LETTER]
    assert not (tmp_path / "alerts.parquet").exists()


def test_csv_parts_are_read_by_their_types(tmp_path: Path) -> None:
    (tmp_path / "part-0").write_text('1,"a, b\nc",0.1\n2,~,~\n3,,2\n')
    (tmp_path / "part-1").write_text("9007199254740993,c,1e-17\n")
    (tmp_path / "part-2").touch()
    table = csv_table(tmp_path, (("id", "BIGINT"), ("text", "STRING"), ("x", "DOUBLE")), "~")
    assert table.to_pydict() == {
        "id": [1, 2, 3, 9007199254740993],
        "text": ["a, b\nc", None, "", "c"],
        "x": [0.1, None, 2, 1e-17],
    }


def test_no_csv_parts_give_no_rows(tmp_path: Path) -> None:
    assert csv_table(tmp_path, (("id", "BIGINT"),), "~").to_pydict() == {"id": []}


def test_a_text_of_many_lines_is_longer_than_a_block(tmp_path: Path) -> None:
    text = "line \r\n" * 500_000
    (tmp_path / "part-0").write_text(f'1,"{text}"\n2,b\n', newline="")
    columns = (("id", "BIGINT"), ("text", "STRING"))
    assert csv_table(tmp_path, columns, "~").to_pydict() == {"id": [1, 2], "text": [text, "b"]}
