"""Records of verdicts, as a run has them in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from jobs.errors import refuse
from jobs.run_folder.part_files import final_parts

Record = Mapping[str, Any]

_MEMBERS = (
    "experiment",
    "variant",
    "control",
    "is_paired",
    "looked_at",
    "action",
    "reasons",
    "numbers",
    "arms",
    "rules",
)


def read_records(run: Path) -> dict[str, dict[str, list[Record]]]:
    """Return the records of a run by experiment and comparison, each in the order of looks; none without verdicts.

    A comparison is named as its variant; one on the same rows has a name of its own.

    Raises:
        JobError: a line is no record.
    """
    import orjson

    found: dict[str, dict[str, dict[int, Record]]] = {}
    for path in final_parts(run / "verdicts"):
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            try:
                record = orjson.loads(line)
                missing = [name for name in _MEMBERS if name not in record]
            except (TypeError, ValueError):
                record, missing = {}, ["JSON"]
            if missing:
                expected = f"a record of a verdict with {missing[0]}"
                refuse(f"{path} line {number}", expected, repr(line[:80]), "remove verdicts/ to go without")
            looks = found.setdefault(record["experiment"], {}).setdefault(comparison_name(record), {})
            looks[record["looked_at"]] = record
    return {
        name: {variant: [looks[at] for at in sorted(looks)] for variant, looks in sorted(variants.items())}
        for name, variants in sorted(found.items())
    }


def comparison_name(record: Record) -> str:
    """Return the name of the variant that a record compares with the control."""
    return f"{record['variant']} on the same rows" if record["is_paired"] else str(record["variant"])


def manner_of(record: Record) -> str:
    """Return the text that follows the names of both variants; empty where each has its own rows."""
    return ", on the same rows" if record["is_paired"] else ""


def time_text(ms: int) -> str:
    """Return a time in UTC for people.

    Example:
        >>> time_text(1527724800000)
        '2018-05-31 00:00'
    """
    # A look after the last day of 9999 is no datetime.
    return str(np.datetime64(ms // 60_000, "m")).replace("T", " ")
