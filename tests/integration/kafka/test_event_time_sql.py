"""The event's time as a Kafka source reads it, against the parser's."""

from __future__ import annotations

import json

import pytest

from conf.loading.loader import settings_from
from conf.settings import EventSettings
from jobs.flink.environment import open_session
from jobs.sources.kafka import WRITTEN_AT, event_time_sql
from state.sql import literal
from udfs.parsing.times import FIRST_MS, to_iso_ms
from udfs.parsing.values import JSON_VALUES

ISO = (
    "2018-04-01",
    "2018-04-01T07",
    "2018-04-01 07:08",
    "2018-04-01t07:08:09",
    "2018-04-01T07:08:09.123456789",
    "2018-04-01T07:08:09Z",
    "2018-04-01T07:08:09.5+02:00",
    "2018-04-01 07:08:09-0330",
    "2018-04-01T07:08-11",
    "1969-12-31T23:59:59Z",
)
WRONG = ("2018-04-01T24:00", "2018-13-01", "tomorrow", "", "2018-04-01T07:08:09+19:00")
NUMBERS = ('{"at": {"time": 1522540800123}}', '{"at": {"time": -1}}')
AHEAD = '{"at": {"time": 99999999999999}}'


def _line(text: str) -> str:
    return json.dumps({"at": {"time": text}})


NONE = (*map(_line, WRONG), AHEAD, '{"at": {"time": null}}', '{"at": 5}', "not json", "", None)


@pytest.fixture(scope="module")
def found() -> dict[str | None, int]:
    tree = {
        "id": "i", "key": "i", "time": "t",
        "fields": {"i": {"type": "long"}, "t": {"type": "timestamp", "source": "at.time"}},
    }  # fmt: skip
    tables = open_session(settings_from({})).tables
    tables.get_config().set("table.local-time-zone", "GMT+09:00")
    lines = [line for line in (*map(_line, ISO), *NUMBERS, *NONE) if line is not None]
    texts = ", ".join(f"('{line}')" for line in lines)
    time = event_time_sql(EventSettings.model_validate(tree))
    values = f"(VALUES {texts}, (CAST(NULL AS STRING))) AS texts (`__line`)"
    query = f"SELECT `__line`, CAST(CAST({time} AS TIMESTAMP_LTZ(3)) AS STRING) FROM {values}"
    rows = tables.execute_sql(query).collect()
    return {row[0]: to_iso_ms(f"{row[1]}+09:00") for row in rows}


@pytest.mark.parametrize("text", ISO)
def test_iso_times_are_read_to_the_second(text: str, found: dict[str, int]) -> None:
    assert found[_line(text)] == to_iso_ms(text) // 1000 * 1000


@pytest.mark.parametrize(("line", "expected"), [(NUMBERS[0], 1_522_540_800_123), (NUMBERS[1], -1)])
def test_numbers_are_milliseconds(line: str, expected: int, found: dict[str, int]) -> None:
    assert found[line] == expected


@pytest.mark.parametrize("line", NONE)
def test_what_is_no_time_moves_no_watermark(line: str | None, found: dict[str | None, int]) -> None:
    assert found[line] == FIRST_MS


UNITS = {
    "s": [1_522_540_800, 1_522_540_800.123, 1_522_540_800.999999, -1, -0.5, 12.25],
    "ms": [1_522_540_800, 1_522_540_800_123],
    "us": [1_522_540_800_123_456, -1, -1_000, -1_001, 5],
    "ns": [1_522_540_800_123_456_789, -1, -1_000_001, 5],
    "iso": ["2018-04-01T07:08:09Z", "2018-04-01"],
}


# Quotes and marks of SQL, JSON and paths in the name of a field.
NAME = """a"b'c\\d`e]f[$*,'";--/* \u00e9\t"""


@pytest.mark.parametrize("unit", UNITS)
def test_numbers_are_read_in_their_unit_as_parsing_does(unit: str) -> None:
    tree = {
        "id": "i", "key": "i", "time": "t",
        "fields": {"i": {"type": "long"}, "t": {"type": "timestamp", "source": NAME, "unit": unit}},
    }  # fmt: skip
    events = EventSettings.model_validate(tree)
    lines = {json.dumps({NAME: value}): value for value in UNITS[unit]}
    tables = open_session(settings_from({})).tables
    tables.get_config().set("table.local-time-zone", "UTC")
    texts = ", ".join(f"({literal(line)})" for line in lines)
    # TIMESTAMP_LTZ is printed in the session's zone.
    time = f"CAST(CAST({event_time_sql(events)} AS TIMESTAMP_LTZ(3)) AS STRING)"
    rows = tables.execute_sql(f"SELECT `__line`, {time} FROM (VALUES {texts}) AS texts (`__line`)").collect()
    read = JSON_VALUES[events.fields["t"].kind]
    to_the_second = 1_000 if unit in ("s", "iso") else 1
    expected = {line: read(value) // to_the_second * to_the_second for line, value in lines.items()}
    assert {row[0]: to_iso_ms(f"{row[1]}Z") for row in rows} == expected


def test_time_ahead_of_its_record_moves_no_watermark() -> None:
    tree = {"id": "i", "key": "i", "time": "t", "fields": {"i": {"type": "long"}, "t": {"type": "timestamp"}}}
    tables = open_session(settings_from({})).tables
    tables.get_config().set("table.local-time-zone", "UTC")
    time_ms = to_iso_ms("2018-04-01T00:00:00Z")
    # A record's time is not known, no clock's, the row's, and earlier by more than an event may be ahead.
    written = ("CAST(NULL AS BIGINT)", 0, time_ms, time_ms - 300_001)
    line = literal('{"t": "2018-04-01T00:00:00Z"}')
    rows = ", ".join(f"({number}, {line}, TO_TIMESTAMP_LTZ({at}, 3))" for number, at in enumerate(written))
    time = f"CAST(CAST({event_time_sql(EventSettings.model_validate(tree), WRITTEN_AT)} AS TIMESTAMP_LTZ(3)) AS STRING)"
    query = f"SELECT number, {time} FROM (VALUES {rows}) AS records (number, `__line`, `__written_at`)"
    found = {row[0]: to_iso_ms(f"{row[1]}Z") for row in tables.execute_sql(query).collect()}
    assert found == {0: time_ms, 1: time_ms, 2: time_ms, 3: FIRST_MS}
