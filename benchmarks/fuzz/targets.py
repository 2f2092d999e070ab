"""Readers of a stranger's text, each with what must hold for any text."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from conf.errors import ConfigError
from conf.loading.loader import load_settings
from conf.settings import EventSettings
from models.errors import ModelError
from models.spec import parse_spec, spec_text
from udfs.functions.parse_lines import ParseLines
from udfs.parsing.batch import ParsedBatch
from udfs.parsing.checks import checked_fields
from udfs.parsing.lines import CsvLines, JsonLines, LineFormat

_EVENTS = EventSettings.model_validate(
    {
        "id": "id", "key": "key", "time": "at", "fields": {
            "id": {"type": "long"}, "key": {"type": "string", "source": "who.name"}, "at": {"type": "timestamp"},
            "amount": {"type": "decimal", "scale": 2, "min": 0}, "size": {"type": "double", "required": False},
            "is_new": {"type": "boolean", "required": False},
        },
    }
)  # fmt: skip
_CSV_EVENTS = _EVENTS.model_copy(
    update={"fields": {**_EVENTS.fields, "key": _EVENTS.fields["key"].model_copy(update={"source": None})}}
)
_SECRET = "hunter2-of-the-fuzz"
_MOST_SHOWN = 10_000


def read_json(text: bytes) -> None:
    """Parse lines of JSON together and alone."""
    _check_lines(text, _EVENTS, JsonLines(checked_fields(_EVENTS)))


def read_csv(text: bytes) -> None:
    """Parse lines of CSV together and alone."""
    _check_lines(text, _CSV_EVENTS, CsvLines(checked_fields(_CSV_EVENTS), tuple(_CSV_EVENTS.fields)))


def read_settings(text: bytes) -> None:
    """Load a file of settings with a secret in the environment."""
    with tempfile.TemporaryDirectory(prefix="gress-fuzz-") as folder:
        path = Path(folder) / "job.yaml"
        path.write_bytes(text)
        _check_settings(lambda: load_settings(path, environ={"FUZZ": _SECRET}))


def read_assignments(text: bytes) -> None:
    """Apply lines as assignments of ``--set``, and the last as a variable of the environment."""
    lines = [line for line in text.decode("utf-8", "surrogateescape").split("\n") if line]
    last = lines[-1] if lines else ""
    environ = {"FUZZ": _SECRET, "GRESS_ML__INFERENCE__MAX_CONCURRENCY": last}
    _check_settings(lambda: load_settings("conf/fraud_detection.yaml", overrides=lines, environ={"FUZZ": _SECRET}))
    _check_settings(lambda: load_settings("conf/fraud_detection.yaml", environ=environ))


def read_model(text: bytes) -> None:
    """Read a model.json; what is read is the same after it is written."""
    try:
        spec = parse_spec(text, "model.json")
    except ModelError as error:
        _check_shown(str(error))
        return
    _must(parse_spec(spec_text(spec).encode(), "model.json") == spec, "a spec changes when it is written and read")


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "json": read_json,
    "csv": read_csv,
    "settings": read_settings,
    "assignments": read_assignments,
    "model": read_model,
}
"""Reader by name; it raises for a text that it treats wrongly."""


def _check_lines(text: bytes, events: EventSettings, lines: LineFormat) -> None:
    function = ParseLines(events, lines)
    function.open()
    rows = text.split(b"\n")
    together = function.parse(rows)
    _must(together.good + len(together.problems) == len(rows), "rows are no sum of good and bad ones")
    for number, row in enumerate(rows):
        _must(_outcome(together, number) == _outcome(function.parse([row]), 0), f"line {number} differs alone")
    # Many lines take another way through both formats.
    many = function.parse(rows * (200 // len(rows) + 1))
    for number in range(len(rows)):
        _must(_outcome(together, number) == _outcome(many, number), f"line {number} differs among many")


def _outcome(batch: ParsedBatch, row: int) -> str:
    """Return the reason of a bad line, or the values of a good one."""
    problem = batch.problems.get(row)
    if problem is not None:
        _must(problem.error.isprintable(), "an error has letters that cannot be printed")
        return problem.reason
    place = row if batch.rows is None else batch.rows.tolist().index(row)
    columns = {**batch.columns, **batch.exact}
    return repr([(name, columns[name][place : place + 1].tolist()) for name in sorted(columns)])


def _check_settings(load: Callable[[], object]) -> None:
    try:
        load()
    except ConfigError as error:
        text = str(error)
        _must(_SECRET not in text, "an error shows a secret")
        _must(len(text.splitlines()) == len(error.problems), "a problem has more than one line")
        for line in text.splitlines():
            _check_shown(line)


def _check_shown(text: str) -> None:
    _must(text.isprintable(), "an error has letters that cannot be printed")
    _must(len(text) <= _MOST_SHOWN, "an error is too long to be read")


def _must(is_so: bool, wrong: str) -> None:
    if not is_so:
        raise AssertionError(wrong)
