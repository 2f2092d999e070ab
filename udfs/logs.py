"""Log lines of workers as JSON, if the settings ask for it.

Workers log a line for each change of state, and none for a row. The event id, which predictions and dead letters
contain, traces a row.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any, Literal

import orjson

NAME = "gress"
_FIELDS = "fields"


def fields(event: str, **values: object) -> dict[str, Any]:
    """Return the fields of a log line, for the argument ``extra`` of a logger's methods.

    Args:
        event: name of the event, in words with underscores, the same for all lines of its kind.
        **values: texts and numbers that describe the event.
    """
    return {_FIELDS: {"event": event, **values}}


class JsonFormatter(logging.Formatter):
    """A formatter that writes our lines as JSON objects, and leaves other lines to the previous formatter.

    Args:
        other: formatter for other lines; None: the default one of logging.
    """

    def __init__(self, other: logging.Formatter | None = None) -> None:
        super().__init__()
        self._other = other or logging.Formatter()

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as a line."""
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
    """Set the format of our log lines; one call a process is enough."""
    if form == "text":
        return
    root = logging.getLogger()
    if not root.handlers:
        # Inside the JVM logging is not set up, and by default prints warnings only.
        root.addHandler(logging.StreamHandler())
        logging.getLogger(NAME).setLevel(logging.INFO)
    for handler in root.handlers:
        if not isinstance(handler.formatter, JsonFormatter):
            handler.setFormatter(JsonFormatter(handler.formatter))
