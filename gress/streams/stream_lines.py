"""Events of a user's stream as lines, the form in which all events enter a job."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, timezone
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from jobs.flink.environment import FlinkSession
from jobs.flink.sql import View
from udfs.functions.parse_lines import LINE

if TYPE_CHECKING:
    from pyflink.datastream import DataStream

_NAME = "stream_lines"


def create_stream_lines(session: FlinkSession, stream: DataStream, *, is_ordered: bool) -> View:
    """Register and return the view of a stream's events, column ``__line``.

    Args:
        session: session of the stream's environment.
        stream: JSON objects as bytes or text, dicts, or rows with named fields.
        is_ordered: one task takes all events, as windows want them in the order of their times.
    """
    from pyflink.common import Types

    kind = stream.get_type()
    names = tuple(kind.get_field_names()) if hasattr(kind, "get_field_names") else ()
    lines = stream.map(partial(to_line, names), Types.PRIMITIVE_ARRAY(Types.BYTE())).name("lines")
    if is_ordered:
        lines = lines.set_parallelism(1)
    table = session.tables.from_data_stream(lines).alias("__line")
    session.tables.create_temporary_view(_NAME, table)
    return View(_NAME, LINE)


def to_line(names: tuple[str, ...], event: Any) -> bytes:
    """Return an event as a JSON object.

    Args:
        names: fields of a row, in order.
        event: bytes or text of an object, a dict, or a row. Its times may be datetimes, those without a zone in UTC,
            and decimals are exact to 15 digits. Of anything else, its text is the line, which parsing will refuse.

    Example:
        >>> to_line((), {"id": 1, "at": datetime(2026, 1, 1)})
        b'{"id": 1, "at": "2026-01-01T00:00:00+00:00"}'
    """
    if isinstance(event, bytes | bytearray):
        return bytes(event)
    if isinstance(event, str):
        return event.encode("utf-8", "surrogateescape")
    if names and not isinstance(event, Mapping) and hasattr(event, "__iter__"):
        event = dict(zip(names, event, strict=True))
    try:
        return json.dumps(event, default=_as_json).encode()
    except (TypeError, ValueError):
        return str(event).encode("utf-8", "surrogateescape")


def _as_json(value: Any) -> Any:
    # A row inside of a row; an instant of PyFlink, or of Java where Python runs in a thread of the JVM.
    method = next(
        (found for name in ("as_dict", "to_epoch_milli", "toEpochMilli") if (found := getattr(value, name, None))), None
    )
    if method is not None:
        return method()
    return next((convert(value) for kind, convert in _CONVERTERS if isinstance(value, kind)), str(value))


def _of_time(value: datetime) -> str:
    return (value if value.tzinfo else value.replace(tzinfo=timezone.utc)).isoformat()


_CONVERTERS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (datetime, _of_time),
    (date, date.isoformat),
    # JSON has no other numbers; parsing takes 15 digits of one.
    (Decimal, float),
    (bytes, partial(str, encoding="utf-8", errors="replace")),
)
