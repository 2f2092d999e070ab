"""Lines of JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any

from conf.settings import FieldSettings
from udfs.dead_letters import Problem, show_value
from udfs.parsing.batch import RawBatch, RawColumn
from udfs.parsing.columns import convert_json, join_columns
from udfs.parsing.encoding import BOM, encoding_problem
from udfs.parsing.json_blocks import MIN_LINES, JsonBlocks

# A bad line makes its whole block slow.
_BLOCK = 4096
# Objects of this many lines stay in the processor's cache until their values are taken out.
_CHUNK = 512


class MisplacedValue:
    """A value in place of the object that should hold a field."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __repr__(self) -> str:
        """Return the text for errors."""
        return f"{show_value(self._value)} in place of an object"


@dataclass(frozen=True)
class JsonLines:
    """The format with one JSON object a line; a field's ``source`` may be a dotted path into nested objects.

    JSON follows RFC 8259: no NaN, no Infinity. If a key is repeated, the last value counts. A number beyond a double's
    range makes the line malformed, and so does half a character (a lone surrogate). A mark of the byte order (BOM) at
    the start of a line is left out.
    """

    fields: Mapping[str, FieldSettings]

    def read(self, lines: Sequence[bytes | None]) -> RawBatch:
        """Return a column per field, one value per well-formed line, and the problems of the other lines."""
        problems: dict[int, Problem] = {}
        parts: list[Mapping[str, RawColumn]] = []
        for start in range(0, max(len(lines), 1), _BLOCK):
            block = lines[start : start + _BLOCK]
            columns = self._blocks.read(block) if len(block) >= MIN_LINES else None
            parts.extend(self._read_each(block, start, problems) if columns is None else [columns])
        return RawBatch({name: join_columns([part[name] for part in parts]) for name in self.fields}, problems)

    def _read_each(
        self, lines: Sequence[bytes | None], first: int, problems: dict[int, Problem]
    ) -> Iterator[Mapping[str, RawColumn]]:
        """Yield the columns of well-formed lines chunk by chunk, and add the problems of the others."""
        for start in range(0, max(len(lines), 1), _CHUNK):
            records = _records(lines[start : start + _CHUNK], first + start, problems)
            columns = {}
            for name, steps, kind in self._paths:
                values = records
                for step in steps:
                    values = _children(values, step)
                columns[name] = convert_json(values, kind)
            yield columns

    @cached_property
    def _blocks(self) -> JsonBlocks:
        return JsonBlocks(self.fields)

    @cached_property
    def _paths(self) -> list[tuple[str, list[str], str]]:
        """Name, path and type of each field."""
        return [(name, (field.source or name).split("."), field.kind) for name, field in self.fields.items()]


def _records(lines: Sequence[bytes | None], start: int, problems: dict[int, Problem]) -> list[Any]:
    """Return the objects of well-formed lines, and add the problems of the others."""
    import orjson

    try:
        records = list(map(orjson.loads, lines))  # type: ignore[arg-type]
    except orjson.JSONDecodeError:
        records = []
    if len(records) == len(lines) and set(map(type, records)) <= {dict}:
        return records
    records = []
    for row, line in enumerate(lines, start):
        record = _record(line)
        if type(record) is Problem:
            problems[row] = record
        else:
            records.append(record)
    return records


def _record(line: bytes | None) -> dict[str, Any] | Problem:
    import orjson

    if line is None:
        return Problem("malformed", "expected a JSON object, got a record without a value (a tombstone)")
    try:
        text = line.removeprefix(BOM).decode()
    except UnicodeDecodeError as error:
        return encoding_problem(error)
    try:
        record = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        found = f"{error.msg} (character {error.pos + 1})" if text.strip() else "an empty line"
    else:
        if type(record) is dict:
            return record
        found = show_value(record)
    return Problem("malformed", f"expected a JSON object, got {found}")


def _children(parents: list[Any], step: str) -> list[Any]:
    """Return the child of each parent under a name; None if it has none."""
    try:
        return list(map(itemgetter(step), parents))
    except (KeyError, TypeError):
        return [_child(parent, step) for parent in parents]


def _child(parent: Any, step: str) -> Any:
    if type(parent) is dict:
        return parent.get(step)
    return parent if parent is None or type(parent) is MisplacedValue else MisplacedValue(parent)
