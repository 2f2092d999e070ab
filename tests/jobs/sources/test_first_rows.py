"""Files whose times are in another unit than milliseconds are refused before a job starts."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conf.settings import EventSettings
from jobs.errors import JobError
from jobs.sources.files import find_inputs
from jobs.sources.first_rows import check_times

SECONDS, MICROS, MILLIS = 1_522_540_800, 1_522_540_800_123_456, 1_522_540_800_123
Write = Callable[[Path, Sequence[Any]], Path]


def write_json(folder: Path, times: Sequence[Any]) -> Path:
    path = folder / "in.jsonl"
    path.write_text("".join(json.dumps({"id": row, "at": time}) + "\n" for row, time in enumerate(times)))
    return path


def write_gzip(folder: Path, times: Sequence[Any]) -> Path:
    path = folder / "in.jsonl.gz"
    path.write_bytes(gzip.compress(write_json(folder, times).read_bytes()))
    return path


def write_csv(folder: Path, times: Sequence[Any]) -> Path:
    path = folder / "in.csv"
    with path.open("w") as file:
        csv.writer(file).writerows([("id", "at"), *enumerate(times)])
    return path


def write_parquet(folder: Path, times: Sequence[Any]) -> Path:
    path = folder / "in.parquet"
    pq.write_table(pa.table({"id": range(len(times)), "at": times}), path)
    return path


WRITERS = [write_json, write_gzip, write_csv, write_parquet]


def events(**field: Any) -> EventSettings:
    fields = {"id": {"type": "long"}, "at": {"type": "timestamp", **field}}
    return EventSettings.model_validate({"id": "id", "key": "id", "time": "at", "fields": fields})


def check(path: Path, settings: EventSettings) -> None:
    check_times(find_inputs(str(path)), settings)


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize(("number", "unit", "year"), [(SECONDS, "s", 1970), (MICROS, "us", 50217)])
def test_numbers_of_another_unit_are_refused_with_an_example(
    number: int, unit: str, year: int, write: Write, tmp_path: Path
) -> None:
    path = write(tmp_path, [number, number + 1, number + 2])
    as_ms = year if year < 10_000 else "no year of the calendar"
    with pytest.raises(JobError) as refused:
        check(path, events())
    assert str(refused.value) == (
        f"input {path}: job.events.fields.at: expected milliseconds since 1970, got {number}, a time of {as_ms} in ms "
        f"and of 2018 in {unit}; set the field's unit: {unit}, or unit: ms if that is meant"
    )


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("unit", ["s", "ms"])
def test_a_field_with_a_unit_is_taken_at_its_word(unit: str, write: Write, tmp_path: Path) -> None:
    check(write(tmp_path, [SECONDS, SECONDS]), events(unit=unit))


@pytest.mark.parametrize("write", WRITERS)
def test_one_bad_number_among_clear_times_is_a_dead_letter(write: Write, tmp_path: Path) -> None:
    check(write(tmp_path, [SECONDS, MILLIS, SECONDS]), events())


@pytest.mark.parametrize("write", [write_json, write_gzip, write_csv])
def test_what_is_no_time_is_left_to_the_job(write: Write, tmp_path: Path) -> None:
    check(write(tmp_path, ["tomorrow", "never"]), events())
    check(write(tmp_path, []), events())


def test_absent_times_say_nothing(tmp_path: Path) -> None:
    with pytest.raises(JobError, match="got 1522540800, a time of 1970"):
        check(write_json(tmp_path, [None, None, SECONDS]), events())


def test_nested_fields_and_lines_that_are_no_json(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(f'nonsense\n{{"id": 1, "meta": {{"at": {SECONDS}}}}}\n')
    with pytest.raises(JobError, match=r"job\.events\.fields\.at: expected milliseconds"):
        check(path, events(source="meta.at"))


def test_nested_fields_of_parquet(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"id": [1], "meta": [{"at": SECONDS}]}), path)
    with pytest.raises(JobError, match=r"job\.events\.fields\.at: expected milliseconds"):
        check(path, events(source="meta.at"))


def test_typed_times_of_parquet_have_a_unit(tmp_path: Path) -> None:
    moments = [dt.datetime(1970, 1, 18, 14, 55, 40)] * 3  # noqa: DTZ001 - as files without zones have it
    check(write_parquet(tmp_path, moments), events())


def test_damaged_pages_are_one_line(tmp_path: Path) -> None:
    path = write_parquet(tmp_path, [MILLIS] * 3)
    content = bytearray(path.read_bytes())
    column = pq.read_metadata(path).row_group(0).column(1)
    start = column.dictionary_page_offset or column.data_page_offset
    content[start : start + 20] = b"\xff" * 20
    path.write_bytes(content)
    with pytest.raises(JobError, match=f"input {path}: expected a Parquet file, got "):
        check(path, events())
