"""A field's feature suits its type and its values."""

from __future__ import annotations

from typing import Any

import pytest

from gress.new_job.choose_features import choose_features
from gress.new_job.event_parts import EventParts
from gress.new_job.guess_fields import parse_fields

PARTS = EventParts("id", "id", "time", "label")
OF_PARTS = ["id:long", "time:timestamp", "label:long"]
CLOCK = {"name": "clock", "type": "temporal", "parameters": {"fields": ["hour", "day_of_week"]}}
LONG = [f"a text that is longer than a name, number {n}" for n in range(20)]


def features(kind: str, values: list[Any]) -> list[dict[str, Any]]:
    return choose_features(parse_fields([*OF_PARTS, f"a:{kind}"]), PARTS, [{"a": value} for value in values])


@pytest.mark.parametrize("kind", ["long", "double", "decimal", "boolean"])
def test_numbers_stay_as_they_are(kind: str) -> None:
    assert features(kind, [1]) == [{"name": "a", "type": "numerical"}, CLOCK]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (
            ["x", "y", None, "y", "x", "z", ""],
            {"type": "onehot", "parameters": {"categories": ["x", "y"], "other": True}},
        ),
        ([f"n{n}" for n in range(13)] * 2, {"type": "hash", "parameters": {"buckets": 16}}),
        (["x", "y"], {"type": "hash", "parameters": {"buckets": 16}}),
        ([], {"type": "hash", "parameters": {"buckets": 16}}),
    ],
    ids=["few", "many", "once each", "none"],
)
def test_short_texts_are_categories_if_they_are_few(values: list[Any], wanted: dict[str, Any]) -> None:
    assert features("string", values)[0] == {"name": "a", **wanted}


@pytest.mark.parametrize("values", [LONG, LONG[:3] * 4], ids=["many", "few"])
def test_long_texts_are_read_in_pieces(values: list[Any]) -> None:
    found = features("string", values)[0]
    assert (found["type"], found["parameters"]["ngram_unit"]) == ("text", "char")


def test_parts_and_other_times_are_no_features() -> None:
    assert features("timestamp", ["2026-01-01"]) == [CLOCK]


def test_clock_does_not_take_the_name_of_a_field() -> None:
    fields = parse_fields([*OF_PARTS, "clock:double"])
    assert [spec["name"] for spec in choose_features(fields, PARTS, [])] == ["clock", "event_clock"]
