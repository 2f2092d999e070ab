"""First features of a job: one of each field, by its type and its values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from conf.events import FieldSettings
from gress.new_job.event_parts import EventParts

Spec = dict[str, Any]
"""A feature as it stands in a YAML file."""

_MOST_CATEGORIES = 12
_LEAST_ROWS = 2
_LONG_TEXT = 20
_HASHED_INTO = 16


def choose_features(
    fields: Mapping[str, FieldSettings], parts: EventParts, rows: Sequence[Mapping[str, Any]]
) -> list[Spec]:
    """Return the features of all fields that play no part, and the hour and the day of the event's time.

    Numbers stay as they are. A text of few values becomes a column for each; one of many is hashed, in pieces of three
    to five characters if it is long. Times other than the event's own are left out.

    Args:
        fields: settings by column name.
        parts: columns that are no features.
        rows: events by the names that they use.
    """
    found: list[Spec] = []
    for column, field in fields.items():
        if column in parts.columns or field.type == "timestamp":
            continue
        if field.type == "string":
            found.append(_of_text(column, [row.get(field.source or column) for row in rows]))
        else:
            found.append({"name": column, "type": "numerical"})
    taken = {spec["name"] for spec in found} | set(fields)
    clock = next(name for name in ("clock", "event_clock", "clock_of_event") if name not in taken)
    return [*found, {"name": clock, "type": "temporal", "parameters": {"fields": ["hour", "day_of_week"]}}]


def _of_text(column: str, values: Sequence[Any]) -> Spec:
    counts = Counter(value for value in values if isinstance(value, str) and value)
    usual = [value for value, rows in counts.most_common(_MOST_CATEGORIES) if rows >= _LEAST_ROWS]
    if len(counts) <= _MOST_CATEGORIES and usual and max(map(len, usual)) <= _LONG_TEXT:
        parameters = {"categories": sorted(usual), "other": True}
        return {"name": column, "type": "onehot", "parameters": parameters}
    if counts and sum(map(len, counts)) / len(counts) > _LONG_TEXT:
        ngrams = {"ngram_buckets": 256, "ngram_min": 3, "ngram_max": 5, "ngram_unit": "char", "signed": True}
        return {"name": column, "type": "text", "parameters": ngrams}
    return {"name": column, "type": "hash", "parameters": {"buckets": _HASHED_INTO}}
