"""Roles of an event's fields: which one identifies the event, and which hold the key, the time and the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from conf.events import LABEL_TYPES, FieldSettings
from conf.nearest import suggest
from jobs.errors import fail

Ask = Callable[[str, str], str]
"""A function that asks the user a question; its second argument is the answer for an empty line."""

_QUESTIONS = MappingProxyType(
    {
        "id": "Which field tells events apart?",
        "key": "Which field says which events belong together, such as a customer?",
        "time": "Which field is the time of the event?",
        "label": "Which field is the truth that the model shall predict?",
    }
)
_USUAL_NAMES = MappingProxyType({"id": ("id",), "time": ("time", "timestamp"), "label": ("label",), "key": ("key",)})


@dataclass(frozen=True)
class EventParts:
    """Columns of an event by the part that they play.

    Attributes:
        id: column that identifies events.
        key: column of events that belong together.
        time: column of the event time.
        label: column of the truth.
    """

    id: str
    key: str
    time: str
    label: str

    @property
    def columns(self) -> frozenset[str]:
        """All of them."""
        return frozenset((self.id, self.key, self.time, self.label))


def choose_parts(fields: Mapping[str, FieldSettings], given: Mapping[str, str], ask: Ask | None = None) -> EventParts:
    """Return the column of each part: the given one, else one of the usual name, else the one that a person names.

    The key is the id where no user is asked: each event is then on its own.

    Args:
        fields: settings by column name.
        given: name of a column or of a field in the event for ``id``, ``key``, ``time`` and ``label``; "" = not given.
        ask: function that asks the user; None: there is no user to ask.

    Raises:
        JobError: a part has no field, the field's type does not suit it, or nothing is left to predict from.
    """
    chosen: dict[str, str] = {}
    for part in _QUESTIONS:
        name = given.get(part, "") or _usual(part, fields) or _asked(part, fields, chosen, ask)
        chosen[part] = _column(part, name, fields)
    parts = EventParts(**chosen)
    _check(parts, fields)
    return parts


def _usual(part: str, fields: Mapping[str, FieldSettings]) -> str:
    """Return the field that has the part's usual name, or is the only time; "": there is none."""
    if part == "time":
        times = [name for name, field in fields.items() if field.type == "timestamp"]
        if len(times) == 1:
            return times[0]
    return next((name for name in _USUAL_NAMES[part] if name in fields), "")


def _asked(part: str, fields: Mapping[str, FieldSettings], chosen: Mapping[str, str], ask: Ask | None) -> str:
    if ask is not None:
        return ask(f"{_QUESTIONS[part]} ({', '.join(fields)})", chosen["id"] if part == "key" else "")
    if part == "key":
        return chosen["id"]
    fail(f"--{part}", f"expected the name of a field, got none; {_QUESTIONS[part]}", f"fields are {', '.join(fields)}")


def _column(part: str, name: str, fields: Mapping[str, FieldSettings]) -> str:
    for column, field in fields.items():
        if name in (column, field.source):
            return column
    near = suggest(name, tuple(fields)) or f"fields are {', '.join(fields)}"
    fail(f"--{part}", f"expected the name of a field, got {name!r}", near)


def _check(parts: EventParts, fields: Mapping[str, FieldSettings]) -> None:
    if len({parts.id, parts.time, parts.label}) < 3 or parts.key in (parts.time, parts.label):
        fail("--id, --key, --time, --label", "expected different fields, but for id and key", "name another one")
    if fields[parts.label].type not in LABEL_TYPES:
        expected = f"expected a number or a boolean, got type {fields[parts.label].type}"
        fail(f"--label {parts.label}", expected, "write the truth as 0 and 1, or as the number to predict")
    if not set(fields) - parts.columns:
        fail("fields", "expected at least one beside id, key, time and label", "a model predicts from the others")
