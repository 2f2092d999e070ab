"""Line formats: how lines of one format become columns, fast as a block or one by one.

A block path returns None where it cannot vouch for every line; then each line is read by itself and gets its own problem.
Both paths accept the same lines and give the same values.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from conf.settings import FieldSettings
from udfs.parsing.values import CSV_VALUES, JSON_VALUES

if TYPE_CHECKING:
    import pyarrow as pa

ARROW_TYPES = {
    "long": "int64",
    "double": "float64",
    "decimal": "float64",
    "string": "string",
    "boolean": "bool",
}


class LineFormat(Protocol):
    """Reads lines of one format."""

    values: Mapping[str, Any]

    def read_block(self, lines: Sequence[str]) -> Mapping[str, pa.ChunkedArray] | None:
        """Return one Arrow column per field, one value per line; None: read line by line."""
        ...

    def read_line(self, line: str) -> Mapping[str, Any]:
        """Return the raw value of each field; raises ``ValueError`` for a malformed line."""
        ...


@dataclass(frozen=True)
class JsonLines:
    """One JSON object a line; a field's ``source`` may be a dotted path into nested objects."""

    fields: Mapping[str, FieldSettings]
    values = JSON_VALUES

    def read_block(self, lines: Sequence[str]) -> Mapping[str, pa.ChunkedArray] | None:
        """Return columns if every line is one JSON object of the declared types."""
        import pyarrow as pa
        import pyarrow.json as pa_json

        text = "\n".join(lines).encode()
        if not _is_object_per_line(text, len(lines)):
            return None
        try:
            table = pa_json.read_json(
                pa.BufferReader(text),
                read_options=pa_json.ReadOptions(use_threads=False, block_size=len(text) + 1),
                parse_options=pa_json.ParseOptions(
                    explicit_schema=self._schema(lines[0]), unexpected_field_behavior="ignore"
                ),
            )
        except pa.ArrowInvalid:
            return None
        if len(table) != len(lines):
            return None
        return {name: _dig(table, path(name, field)) for name, field in self.fields.items()}

    def _schema(self, line: str) -> pa.Schema:
        """Return the schema to read with; the first line tells whether times are text or numbers."""
        import pyarrow as pa

        first = self._first(line)
        tree: dict[str, Any] = {}
        for name, field in self.fields.items():
            *parents, leaf = path(name, field)
            branch = tree
            for parent in parents:
                branch = branch.setdefault(parent, {})
            kind = ARROW_TYPES.get(field.type) or ("string" if isinstance(first.get(name), str) else "int64")
            branch[leaf] = pa.type_for_alias(kind)
        return pa.schema(_struct(tree))

    def _first(self, line: str) -> Mapping[str, Any]:
        try:
            return self.read_line(line)
        except ValueError:
            return {}

    def read_line(self, line: str) -> Mapping[str, Any]:
        """Return the raw value of each field of one JSON object."""
        import orjson

        record = orjson.loads(line)
        if type(record) is not dict:
            msg = f"expected a JSON object, got {type(record).__name__}"
            raise ValueError(msg)
        return {name: _walk(record, path(name, field)) for name, field in self.fields.items()}


@dataclass(frozen=True)
class CsvLines:
    """One comma-separated record a line, quoted as RFC 4180 says, but without line breaks inside quotes.

    An empty cell is an absent value.
    """

    fields: Mapping[str, FieldSettings]
    header: tuple[str, ...]
    values = CSV_VALUES

    def read_block(self, lines: Sequence[str]) -> Mapping[str, pa.ChunkedArray] | None:
        """Return columns if every line has the header's cells and they are of the declared types."""
        import pyarrow as pa
        import pyarrow.csv as pa_csv

        names = {".".join(path(name, field)): name for name, field in self.fields.items()}
        types = {
            source: pa.type_for_alias(ARROW_TYPES.get(self.fields[name].type, "string"))
            for source, name in names.items()
        }
        try:
            table = pa_csv.read_csv(
                pa.BufferReader("\n".join(lines).encode() + b"\n"),
                read_options=pa_csv.ReadOptions(use_threads=False, column_names=list(self.header)),
                parse_options=pa_csv.ParseOptions(ignore_empty_lines=False),
                convert_options=pa_csv.ConvertOptions(
                    column_types=types,
                    include_columns=list(types),
                    null_values=[""],
                    strings_can_be_null=True,
                    include_missing_columns=True,
                ),
            )
        except pa.ArrowInvalid:
            return None
        if len(table) != len(lines):
            return None
        return {name: table.column(source) for source, name in names.items()}

    def read_line(self, line: str) -> Mapping[str, Any]:
        """Return the cell of each field of one record."""
        cells = next(csv.reader([line], strict=True), [])
        if len(cells) != len(self.header):
            msg = f"expected {len(self.header)} cells, got {len(cells)}"
            raise ValueError(msg)
        record = dict(zip(self.header, cells, strict=True))
        return {
            name: record.get(".".join(path(name, field)), "") or None for name, field in self.fields.items()
        }


def path(name: str, field: FieldSettings) -> list[str]:
    """Return the steps to a field in its record."""
    return (field.source or name).split(".")


def _is_object_per_line(text: bytes, lines: int) -> bool:
    # Arrow reads a stream of objects and ignores line ends. Where every line starts with a brace and ends with one, an
    # object that runs over two lines is malformed; so as many objects as lines means one object in each line.
    return (
        text[:1] == b"{"
        and text[-1:] == b"}"
        and text.count(b"\n") == lines - 1
        and text.count(b"}\n{") == lines - 1
    )


def _struct(tree: Mapping[str, Any]) -> list[tuple[str, Any]]:
    import pyarrow as pa

    return [
        (name, pa.struct(_struct(node)) if isinstance(node, dict) else node) for name, node in tree.items()
    ]


def _dig(table: pa.Table, steps: Sequence[str]) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    column = table.column(steps[0])
    for step in steps[1:]:
        column = pc.struct_field(column, step)
    return column


def _walk(record: Any, steps: Sequence[str]) -> Any:
    for step in steps:
        if type(record) is not dict:
            return None
        record = record.get(step)
    return record
