"""A new job, from a sample of its events or from the names and types of their fields."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conf.types.grammar import SEGMENT
from conf.types.printable import one_line
from gress.new_job.choose_features import choose_features
from gress.new_job.event_parts import Ask, EventParts, choose_parts
from gress.new_job.guess_fields import as_time, guess_fields, parse_fields
from gress.new_job.job_yaml import job_yaml
from gress.new_job.made_up_events import LAW, make_events
from gress.new_job.read_sample import read_sample
from gress.new_job.whole_folder import check_free
from gress.new_job.write_folder import WrittenFolder, write_folder
from jobs.errors import refuse

if TYPE_CHECKING:
    from conf.events import FieldSettings

_ASKED_FIELDS = "Fields of an event, as NAME:TYPE NAME:TYPE ... (long, double, decimal, string, boolean, timestamp)"


@dataclass(frozen=True)
class NewJob:
    """All that a person says of a new job.

    Attributes:
        name: name of the job, of its features and of its model.
        output: a new or empty folder.
        sample: file of events; "": there is none, and events are made up.
        fields: texts ``NAME:TYPE``; they win over the types that the sample shows.
        parts: names of the fields that are ``id``, ``key``, ``time`` and ``label``; those left out are found, or asked.
    """

    name: str
    output: Path
    sample: str = ""
    fields: Sequence[str] = ()
    parts: Mapping[str, str] = field(default_factory=dict)


def make_job(wanted: NewJob, now: dt.datetime, ask: Ask | None = None) -> WrittenFolder:
    """Write the folder of a new job.

    Args:
        wanted: all that is known of it.
        now: time of the model's registration.
        ask: function that asks the user for unknown values; None: there is no user to ask.

    Raises:
        ConfigError, FeatureError, JobError, ModelError: something does not fit; nothing is written.
    """
    check_name(wanted.name)
    check_free(wanted.output)
    texts = list(wanted.fields)
    if not (texts or wanted.sample) and ask is not None:
        texts = ask(_ASKED_FIELDS, "").split()
    if not (texts or wanted.sample):
        expected = "a --sample file of events, or a --field NAME:TYPE for each field"
        refuse(f"job {wanted.name!r}", expected, "neither")
    told = parse_fields(texts)
    rows = read_sample(wanted.sample) if wanted.sample else []
    fields = _with_told(guess_fields(rows), told) if rows else told
    left_out = _left_out(fields, rows)
    _check_parts(wanted.parts, left_out)
    parts = choose_parts(fields, wanted.parts, ask)
    fields = _with_parts(fields, parts, rows)
    about = f"events, the first of {Path(wanted.sample).name}"
    if not rows:
        rows, about = make_events(fields, parts), f"events that are made up. {LAW}"
    features = choose_features(fields, parts, rows)
    yaml = job_yaml(wanted.name, fields, parts, features, has_alerts=_is_binary(fields[parts.label], parts, rows))
    return replace(write_folder(wanted.output, yaml, rows, about, now), left_out_fields=left_out)


def check_name(name: str) -> None:
    """Refuse a text that is no name of a job.

    Raises:
        JobError: it has other signs, or is too long.
    """
    if re.fullmatch(SEGMENT, name) is None:
        expected = "letters, digits, '.', '_' and '-', 200 at most, and no sign first"
        refuse("job name", expected, one_line(repr(name)), "name it such as late-orders")


def _with_told(guessed: dict[str, FieldSettings], told: Mapping[str, FieldSettings]) -> dict[str, FieldSettings]:
    """Return the fields of a sample, with the types that the user gave."""
    known = {found.source or column: column for column, found in guessed.items()}
    fields = dict(guessed)
    for column, found in told.items():
        name = found.source or column
        if name not in known:
            refuse(f"field {name!r}", "a field of the sample", f"one of {', '.join(known)}")
        is_required = guessed[known[name]].required
        fields[known[name]] = found.model_copy(update={"required": is_required})
    return fields


def _left_out(fields: Mapping[str, FieldSettings], rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the names in events that have become no field."""
    known = {found.source or column for column, found in fields.items()}
    return tuple(name for name in dict.fromkeys(name for row in rows for name in row) if name not in known)


def _check_parts(given: Mapping[str, str], left_out: Sequence[str]) -> None:
    """Refuse a part whose name stands in the events, but not with values of one type."""
    for part, name in given.items():
        if name and name in left_out:
            refuse(f"--{part} {name}", "finite numbers, texts or booleans", "others, or none", "mend the sample")


def _with_parts(
    fields: Mapping[str, FieldSettings], parts: EventParts, rows: Sequence[Mapping[str, Any]]
) -> dict[str, FieldSettings]:
    """Return the fields as their parts want them: an event must have id, key and time, and may have a label."""
    found = dict(fields)
    if rows:
        name = found[parts.time].source or parts.time
        found[parts.time] = as_time(found, parts.time, [row[name] for row in rows if row.get(name) is not None])
    elif found[parts.time].type != "timestamp":
        refuse(f"--time {parts.time}", "a field of type timestamp", f"type {found[parts.time].type}")
    for column in parts.columns:
        found[column] = found[column].model_copy(update={"required": column != parts.label})
    return found


def _is_binary(label: FieldSettings, parts: EventParts, rows: Sequence[Mapping[str, Any]]) -> bool:
    values = {row.get(label.source or parts.label) for row in rows} - {None}
    return values <= {0, 1}
