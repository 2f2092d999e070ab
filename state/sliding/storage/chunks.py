"""Chunks: some rows of one shard as bytes, in a format that says its version and whose windows it is for."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from state.sliding.errors import StateError
from state.sliding.rows import Column, Rows
from state.sliding.storage.packing import Reader, Writer

if TYPE_CHECKING:
    from state.sliding.plan import Kind, SlidingPlan

VERSION = 2
_KINDS: dict[bytes, Kind] = {b"i": "integer", b"d": "double", b"t": "text"}
_KIND_CODES = {kind: code for code, kind in _KINDS.items()}
_LEAD = struct.Struct("<B")
_HEADER = struct.Struct("<BBIqqq8sc")


@dataclass(frozen=True)
class ChunkHeader:
    """Description of a chunk, readable without its windows.

    Attributes:
        level: how often its rows were merged.
        rows: number of rows.
        first_ms: time of the earliest row.
        last_ms: time of the latest row.
        watermark: up to it the shard's rows were answered.
        layout: digest of the fields and filters it holds.
        key_kind: kind of the key field.
    """

    level: int
    rows: int
    first_ms: int
    last_ms: int
    watermark: int
    layout: bytes
    key_kind: Kind


def encode(plan: SlidingPlan, rows: Rows, watermark: int, level: int = 0) -> bytes:
    """Return rows as a chunk; there is at least one.

    Args:
        plan: the windows.
        rows: rows of one shard.
        watermark: up to it the shard's rows were answered.
        level: how often the rows were merged.
    """
    first, last = int(rows.times.min()), int(rows.times.max())
    writer = Writer()
    writer.integers(rows.times)
    writer.column(rows.key, plan.kinds[plan.key], plan.scales.get(plan.key) or 0)
    for name in plan.sources:
        writer.column(rows.fields[name], plan.kinds[name], plan.scales.get(name) or 0)
    for text in plan.filters:
        writer.mask(rows.passes[text])
    kind = _KIND_CODES[plan.kinds[plan.key]]
    return _HEADER.pack(VERSION, level, len(rows), first, last, watermark, plan.layout, kind) + writer.bytes()


def read_header(data: bytes) -> ChunkHeader:
    """Return the header of a chunk.

    Raises:
        StateError: the chunk is of another version of the format.
    """
    (version,) = _LEAD.unpack_from(data)
    if version != VERSION:
        msg = f"window state: expected a chunk of format {VERSION}, got format {version}; read it with its own release"
        raise StateError(msg)
    if len(data) < _HEADER.size:
        msg = f"window state: expected a chunk of at least {_HEADER.size} bytes, got {len(data)}; it is cut off"
        raise StateError(msg)
    _, level, rows, first, last, watermark, digest, kind = _HEADER.unpack_from(data)
    return ChunkHeader(level, rows, first, last, watermark, digest, _KINDS[kind])


def read_keys(data: bytes) -> Column:
    """Return the key of each row of a chunk; its windows need not be known for that.

    Raises:
        StateError: the chunk is of another version of the format.
    """
    header = read_header(data)
    reader = Reader(data, _HEADER.size)
    reader.integers(header.rows)
    return reader.column(header.key_kind, header.rows)


def decode(plan: SlidingPlan, data: bytes) -> Rows:
    """Return the rows of a chunk.

    Raises:
        StateError: the chunk is of another version of the format, of other fields and filters, or cut off.
    """
    header = read_header(data)
    if header.layout != plan.layout:
        msg = (
            f"window state of key {plan.key!r}: expected fields {', '.join(plan.sources) or 'none'} and filters "
            f"{', '.join(plan.filters) or 'none'}, got a chunk of others; the features have changed since it was "
            "saved: start without this state"
        )
        raise StateError(msg)
    reader = Reader(data, _HEADER.size)
    try:
        rows = Rows(
            reader.integers(header.rows),
            reader.column(plan.kinds[plan.key], header.rows),
            {name: reader.column(plan.kinds[name], header.rows) for name in plan.sources},
            {text: reader.mask(header.rows) for text in plan.filters},
        )
    except (ValueError, IndexError, struct.error) as error:
        msg = f"window state of key {plan.key!r}: expected a whole chunk of {header.rows} rows, got {len(data)} bytes"
        raise StateError(msg) from error
    if reader.left or not np.array_equal([rows.times.min(), rows.times.max()], [header.first_ms, header.last_ms]):
        msg = f"window state of key {plan.key!r}: expected a chunk of {header.rows} rows, got other bytes"
        raise StateError(msg)
    return rows
