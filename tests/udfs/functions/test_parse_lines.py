from __future__ import annotations

import pickle

import numpy as np

from conf.settings import EventSettings
from tests.support.job_settings import MakeSettings
from tests.support.lines import line_column
from udfs.functions.parse_lines import SQL_TYPES, ParseLines, event_columns
from udfs.parsing.lines import CsvLines, JsonLines

GOOD = '{"id": 9007199254740993, "at": "2018-04-01T00:00:31", "card": "c", "amount": 1.25, "is_new": true}'


def events_of(make_settings: MakeSettings) -> EventSettings:
    job = make_settings().job
    assert job is not None
    return job.events


def run(function: ParseLines, *lines: str) -> dict[str, list[object]]:
    # As a worker gets it.
    function = pickle.loads(pickle.dumps(function))
    function.open()
    found = function.run({"__line": line_column(lines)})
    function.close()
    assert list(found) == [name for name, _ in function.outputs]
    return {name: list(values) for name, values in found.items()}


def test_every_field_type_has_a_column_type() -> None:
    assert set(SQL_TYPES.values()) == {"BIGINT", "DOUBLE", "STRING"}


def test_good_lines_become_columns(make_settings: MakeSettings) -> None:
    events = events_of(make_settings)
    found = run(ParseLines(events, JsonLines(events.fields)), GOOD)
    assert found["__dead_letter_reason"] == [None]
    assert found["id"] == [9007199254740993]
    assert found["at"] == [1_522_540_831_000]
    assert (found["card"], found["amount"], found["is_new"]) == (["c"], [1.25], [1.0])
    assert np.isnan(found["size"][0])  # type: ignore[call-overload]


def test_bad_line_keeps_its_place_with_a_reason_and_no_values(make_settings: MakeSettings) -> None:
    events = events_of(make_settings)
    found = run(ParseLines(events, JsonLines(events.fields)), "{", GOOD, GOOD.replace("1.25", "-1"))
    assert found["__dead_letter_reason"] == ["malformed", None, "out_of_range"]
    assert found["__dead_letter_error"][2] == "field 'amount': expected >= 0, got -1.0"
    assert found["id"] == [None, 9007199254740993, None]
    assert found["card"] == [None, "c", None]


def test_batch_of_bad_lines_alone_has_no_values(make_settings: MakeSettings) -> None:
    events = events_of(make_settings)
    found = run(ParseLines(events, JsonLines(events.fields)), "", "x")
    assert found["__dead_letter_reason"] == ["malformed", "malformed"]
    assert found["id"] == [None, None]


def test_csv_lines_are_read_by_their_header(make_settings: MakeSettings) -> None:
    events = events_of(make_settings)
    function = ParseLines(events, CsvLines(events.fields, ("card", "id", "amount", "at")))
    found = run(function, "c,7,1.25,2018-04-01 00:00:31", "c,x,1.25,2018-04-01 00:00:31")
    assert found["__dead_letter_reason"] == [None, "wrong_type"]
    assert found["id"] == [7, None]


def test_label_beyond_exact_numbers_is_no_event_and_such_an_id_is_one() -> None:
    fields = {name: {"type": "long"} for name in ("id", "label")} | {"at": {"type": "timestamp"}}
    events = EventSettings.model_validate({"id": "id", "key": "id", "time": "at", "label": "label", "fields": fields})
    pairs = [(2**63 - 1, 2**53 - 1), (1, 2**53), (2, -(2**53)), (3, 2**63 - 1), (4, -(2**53) + 1)]
    lines = [f'{{"id": {number}, "at": "2018-04-01T00:00:31", "label": {label}}}' for number, label in pairs]
    found = run(ParseLines(events, JsonLines(events.fields)), *lines)
    assert found["id"] == [2**63 - 1, None, None, None, 4]
    assert set(found["__dead_letter_reason"]) == {None, "out_of_range"}
    assert found["__dead_letter_error"][1] == "field 'label': expected <= 9007199254740991, got 9007199254740992"


def test_columns_are_those_of_the_events(make_settings: MakeSettings) -> None:
    events = events_of(make_settings)
    assert event_columns(events)[:3] == (("id", "BIGINT"), ("at", "BIGINT"), ("card", "STRING"))
