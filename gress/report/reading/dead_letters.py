"""Reader of dead letters by reason, each with its first row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from gress.report.reading.rows import has_rows, read_rows
from jobs.run_folder.arrow import arrow_schema
from udfs.rows import DEAD_LETTER, pick


@dataclass(frozen=True)
class ReasonCount:
    """The dead letters of one reason.

    Attributes:
        name: the reason.
        category: kind of the reason.
        rows: number of rows.
        error: error text of the first row.
        value: the first row as it arrived.
    """

    name: str
    category: str
    rows: int
    error: str
    value: str


def read_reasons(run: Path) -> list[ReasonCount] | None:
    """Return the reasons of a run's dead letters, most rows first; None if the run wrote them elsewhere.

    Raises:
        JobError: a file was not written by a run.
    """
    import pyarrow.compute as pc

    if not has_rows(run, "dead_letters"):
        return None
    schema = arrow_schema(pick(DEAD_LETTER, "reason", "category", "error", "value"))
    found: dict[str, ReasonCount] = {}
    for block in read_rows(run, "dead_letters", schema):
        reasons = block["reason"].fill_null("")
        for counted in reasons.value_counts().to_pylist():
            name, rows = counted["values"], counted["counts"]
            if name not in found:
                first = block.slice(pc.index(reasons, name).as_py(), 1).to_pylist()[0]
                found[name] = ReasonCount(name, first["category"] or "", 0, first["error"] or "", first["value"] or "")
            found[name] = replace(found[name], rows=found[name].rows + rows)
    return sorted(found.values(), key=lambda reason: (-reason.rows, reason.name))
