"""Fields follow from values, and their names are ones that settings accept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conf.events import EventSettings, FieldSettings
from gress.new_job.guess_fields import as_time, column_name, guess_fields, parse_fields
from jobs.errors import JobError

NOON_S = 1_767_268_800


@pytest.mark.parametrize(
    ("name", "values", "wanted"),
    [
        ("a", [1, 2], {"type": "long"}),
        ("a", [1, 2.5], {"type": "double"}),
        ("a", [True, False], {"type": "boolean"}),
        ("a", ["x", "1"], {"type": "string"}),
        ("a", ["2026-01-01", "2026-01-01T10:00:00+02:00"], {"type": "timestamp"}),
        ("time", [NOON_S * 1_000], {"type": "timestamp"}),
        ("created_at", [NOON_S], {"type": "timestamp", "unit": "s"}),
        ("time", [NOON_S * 10**6], {"type": "timestamp", "unit": "us"}),
        ("ts", [NOON_S * 10**9], {"type": "timestamp", "unit": "ns"}),
        ("times_seen", [3, 4], {"type": "long"}),
        ("a", [NOON_S * 1_000], {"type": "long"}),
        ("a", [1, None], {"type": "long", "required": False}),
    ],
    ids=["long", "mixed", "boolean", "text", "iso", "ms", "s", "us", "ns", "small", "unnamed", "absent"],
)
def test_type_of_a_field_follows_from_its_values(name: str, values: list[Any], wanted: dict[str, Any]) -> None:
    found = guess_fields([{name: value} for value in values])
    assert found == {name: FieldSettings.model_validate(wanted)}


@pytest.mark.parametrize(
    "values",
    [[None], [[1]], [{"b": 1}], [1, "x"], [True, 1], [float("nan")], [2**63]],
    ids=["none", "list", "object", "text", "boolean", "nan", "large"],
)
def test_field_without_one_type_is_left_out(values: list[Any]) -> None:
    assert guess_fields([{"a": value, "b": 1} for value in values]).keys() == {"b"}


def test_field_that_a_later_event_has_is_found_and_not_required() -> None:
    assert guess_fields([{"a": 1}, {"a": 2, "b": "x"}])["b"] == FieldSettings(type="string", required=False)


@settings(max_examples=20)
@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=6, unique=True))
def test_names_become_columns_that_settings_accept(names: list[str]) -> None:
    fields = guess_fields([{"t": "2026-01-01", **dict.fromkeys(names, 1)}])
    assert sorted(field.source or column for column, field in fields.items()) == sorted({"t", *names})
    first = next(column for column, field in fields.items() if column != "t" or field.type == "timestamp")
    fields["the_time"] = FieldSettings(type="timestamp")
    EventSettings(id=first, key=first, time="the_time", fields=fields)


def test_told_fields_have_their_types() -> None:
    found = parse_fields(["order:long", "shelf no:string", "price:decimal", "a:b:double"])
    assert {name: (field.type, field.source) for name, field in found.items()} == {
        "order": ("long", None),
        "shelf_no": ("string", "shelf no"),
        "price": ("decimal", None),
        "a_b": ("double", "a:b"),
    }
    assert found["price"].scale == 2


@pytest.mark.parametrize(
    ("texts", "error"),
    [
        (["amount"], r"field 'amount': expected NAME:TYPE, such as amount:double, got no type"),
        ([":long"], r"field ':long': expected NAME:TYPE, such as amount:double, got no name"),
        (["a:lang"], r"field 'a:lang': expected a type of long, .*timestamp, got 'lang'; nearest valid name 'long'"),
        (["a:long", "a:double"], r"field 'a:double': expected each field once, got 'a' twice"),
    ],
    ids=["type", "name", "unknown", "twice"],
)
def test_text_that_names_no_field_is_refused(texts: list[str], error: str) -> None:
    with pytest.raises(JobError, match=error):
        parse_fields(texts)


def test_numbers_under_another_name_can_be_the_time() -> None:
    fields = guess_fields([{"when it was": NOON_S}])
    wanted = FieldSettings(type="timestamp", source="when it was", unit="s")
    assert as_time(fields, "when_it_was", [NOON_S]) == wanted
    with pytest.raises(JobError, match=r"time 'when_it_was': expected ISO 8601 text or numbers since 1970, got \[5\]"):
        as_time(fields, "when_it_was", [5])


def test_columns_do_not_share_a_name() -> None:
    taken: dict[str, int] = {}
    for name in ("a b", "a-b", "a_b", "9", "€", "prediction"):
        taken[column_name(name, taken)] = 0
    assert list(taken) == ["a_b", "a_b_2", "a_b_3", "f_9", "field", "prediction_2"]
