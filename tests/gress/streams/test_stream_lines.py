"""Events of any kind of stream become lines that the job's parser reads."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from conf.settings import FieldSettings
from gress.streams.stream_lines import to_line
from udfs.parsing.lines import JsonLines
from udfs.parsing.parser import EventParser

FIELDS = {
    "id": FieldSettings(type="long"),
    "at": FieldSettings(type="timestamp"),
    "amount": FieldSettings(type="decimal", scale=2),
    "note": FieldSettings(type="string", required=False),
}
AT_MS = 1_767_225_600_250
AT = datetime(2026, 1, 1, 0, 0, 0, 250_000, timezone.utc)


class Instant:
    """A moment as PyFlink has it."""

    def to_epoch_milli(self) -> int:
        return AT_MS


EVENT = {"id": 2**53 + 1, "at": AT, "amount": Decimal("12.25"), "note": "bücher"}
TEXT = '{"id": 9007199254740993, "at": "2026-01-01T00:00:00.250Z", "amount": 12.25, "note": "bücher"}'


@pytest.mark.parametrize(
    ("names", "event"),
    [
        pytest.param((), TEXT, id="text"),
        pytest.param((), TEXT.encode(), id="bytes"),
        pytest.param((), bytearray(TEXT.encode()), id="bytearray"),
        pytest.param((), EVENT, id="dict"),
        pytest.param((), {**EVENT, "at": AT.replace(tzinfo=None)}, id="time without a zone"),
        pytest.param((), {**EVENT, "at": AT.replace(hour=1, tzinfo=timezone(timedelta(hours=1)))}, id="time of a zone"),
        pytest.param((), {**EVENT, "at": AT_MS}, id="milliseconds"),
        pytest.param((), {**EVENT, "at": Instant()}, id="instant"),
        pytest.param(("id", "at", "amount", "note"), tuple(EVENT.values()), id="row"),
    ],
)
def test_event_is_read_as_it_was_given(names: tuple[str, ...], event: Any) -> None:
    parser = EventParser(FIELDS, JsonLines(FIELDS))
    batch = parser.parse([to_line(names, event)])
    assert batch.problems == {}
    found = {**batch.columns, **batch.exact}
    assert {name: found[name][0] for name in FIELDS} == {
        "id": 2**53 + 1, "at": AT_MS, "amount": pytest.approx(12.25), "note": "bücher",
    }  # fmt: skip


@pytest.mark.parametrize("event", [42, None, [1, 2], (1, 2), "no json", {(1, 2): 3}], ids=repr)
def test_anything_else_becomes_a_dead_letter(event: Any) -> None:
    batch = EventParser(FIELDS, JsonLines(FIELDS)).parse([to_line((), event)])
    assert batch.problems[0].reason == "malformed"


def test_day_is_its_text() -> None:
    assert to_line((), {"day": date(2026, 1, 1)}) == b'{"day": "2026-01-01"}'


def test_text_that_is_none_keeps_its_bytes() -> None:
    assert to_line((), "a\udcff") == b"a\xff"
