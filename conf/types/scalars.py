"""Scalar types of settings: strict about kind, but text from ``${ENV}`` may spell a number or a boolean."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator

from conf.folders.urls import is_url
from conf.types.grammar import SEGMENT, VERSION
from conf.types.refusal import Refusal, validation_error
from conf.yaml_text import parse_yaml

# To read a long text as YAML takes seconds.
_LONGEST_NUMBER = 100
_PORTS = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")


def _from_text(value: object) -> object:
    if not isinstance(value, str) or len(value) > _LONGEST_NUMBER:
        return value
    try:
        parsed = parse_yaml(value)
    except ValueError:
        return value
    return parsed if isinstance(parsed, bool | int | float) else value


def matching(pattern: str, expected: str, hint: str = "") -> AfterValidator:
    """Return a check that the whole text matches ``pattern``; the refusal says ``expected`` and ``hint``."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if compiled.fullmatch(value) is None:
            raise validation_error(Refusal(expected, hint=hint))
        return value

    return AfterValidator(check)


def _without_credentials(value: str) -> str:
    # Refuse the mark at any position: an unquoted password may hold a slash and then looks like a path.
    if "://" in value and any(mark in value for mark in "@?#"):
        hint = "credentials come from the environment or the cloud's own chain, never from settings"
        raise validation_error(Refusal("a path, or a URL without '@', '?' and '#'", hint=hint, is_hidden=True))
    return value


def _of_this_machine(value: str) -> str:
    if is_url(value):
        raise validation_error(Refusal("a folder of this machine"))
    return value


def _batch_size(value: object) -> Any:
    parsed = _from_text(value)
    if parsed == "auto":
        return parsed
    if isinstance(parsed, int) and not isinstance(parsed, bool) and parsed >= 1:
        return parsed
    raise validation_error(Refusal("auto or a whole number >= 1"))


def _ports(value: object) -> Any:
    parsed = _from_text(value)
    found = _PORTS.fullmatch(str(parsed))
    if str(parsed) == "0" or (found and 1 <= int(found[1]) <= int(found[2] or found[1]) <= 65_535):
        return parsed
    raise validation_error(Refusal("0, a port from 1 to 65535, or a range such as 9250-9259"))


Flag = Annotated[bool, Field(strict=True), BeforeValidator(_from_text)]
"""true or false; 0, 1, yes and no are refused."""

Whole = Annotated[int, Field(strict=True), BeforeValidator(_from_text)]
"""A whole number; true and 1.0 are refused."""

Real = Annotated[float, Field(strict=True), BeforeValidator(_from_text)]
"""A finite number."""

Name = Annotated[str, matching(r"(?s).+", "text that is not empty")]
"""Text that is not empty."""

Title = Annotated[
    Name, matching(r"(?=.*\S)[^\x00-\x1f\x7f\u2028\u2029]{1,200}", "one line of text, of 200 characters at most")
]
"""A name that stands in tables, lines and records."""

Location = Annotated[
    Name, matching(r"(?s).{1,4000}", "a path or URL of at most 4000 characters"), AfterValidator(_without_credentials)
]
"""A path, or a URL without user, password, query and fragment; systems hold paths of 4096 bytes."""

LocalFolder = Annotated[Name, AfterValidator(_of_this_machine)]
"""A folder of this machine."""

Segment = Annotated[str, matching(SEGMENT, "letters, digits, '.', '_' or '-', 200 at most")]
"""A name that is also one folder of a path."""

_COLUMN = (r"(?!__)[A-Za-z_][A-Za-z0-9_]*", "letters, digits or '_', no digit and no '__' first")

Column = Annotated[str, matching(*_COLUMN)]
"""A column name, case-sensitive; names that start with __ are reserved for the job."""

FieldName = Annotated[str, matching(*_COLUMN, "name the field so, and give its name in the event as source")]
"""The column name of an event field, whose name in the event may be any text."""

Version = Annotated[str, matching(VERSION, "a version such as v2.0 or 1.0.0")]
"""A version such as v2.0, 1.0.0 or 2.0.0-rc.1."""

VersionOrPrimary = Annotated[str, matching(f"|{VERSION}", "a version such as v2.0 or 1.0.0, or ''")]
"""A version, or empty for the deployed primary."""

BatchSize = Annotated[Literal["auto"] | int, PlainValidator(_batch_size)]
"""Rows of one model call: ``auto`` or a whole number >= 1."""

Ports = Annotated[int | str, PlainValidator(_ports)]
"""A port, 0 for none, or a range such as ``9250-9259``."""
