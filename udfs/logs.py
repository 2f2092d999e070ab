"""Log lines of workers as JSON, where a deployment asks for it.

One line for each change of state, none for a row. A row is traced by its event id, which predictions and dead letters
carry.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any, Literal

import orjson

NAME = "gress"
_FIELDS = "fields"


def fields(event: str, **values: object) -> dict[str, Any]:
    """Return what a log line says in fields of its own, as the argument ``extra`` of a logger's methods.

    Args:
        event: what happened, in words with underscores: the same for all lines of its kind.
        **values: about what; texts and numbers.
    """
    return {_FIELDS: {"event": event, **values}}


class JsonFormatter(logging.Formatter):
    """Writes our lines as one JSON object each, and leaves those of others to the formatter before.

    Args:
        other: formats what is not ours; None: as logging does by default.
    """

    def __init__(self, other: logging.Formatter | None = None) -> None:
        super().__init__()
        self._other = other or logging.Formatter()

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        if record.name != NAME and not record.name.startswith(f"{NAME}."):
            return self._other.format(record)
        moment = dt.datetime.fromtimestamp(record.created, dt.timezone.utc)
        line = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, _FIELDS, {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def set_up_logs(form: Literal["text", "json"]) -> None:
    """Write our lines in a form from now on; once a process is enough."""
    if form == "text":
        return
    root = logging.getLogger()
    if not root.handlers:
        # Inside the JVM nobody has set logging up: what it would print by default is warnings only.
        root.addHandler(logging.StreamHandler())
        logging.getLogger(NAME).setLevel(logging.INFO)
    for handler in root.handlers:
        if not isinstance(handler.formatter, JsonFormatter):
            handler.setFormatter(JsonFormatter(handler.formatter))
