"""Reader of the comparisons of a run's shadows with the answers that rows got."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gress.report.reading.rows import has_rows, read_rows
from jobs.run_folder.arrow import arrow_schema
from udfs.rows import COMPARISON, pick

if TYPE_CHECKING:
    import pyarrow as pa

_GROUP = ("experiment", "variant", "shadow")
_COLUMNS = ("event_time", *_GROUP, "is_match", "score_delta", "rank_delta")


@dataclass(frozen=True)
class Compared:
    """The rows that one variant answered and another one scored as a shadow, (n,) each.

    Attributes:
        variant: name of the one that answered.
        shadow: name of the other one.
        event_time: event times in UTC; NaT = none.
        is_match: 1 where they agree, else 0; NaN = not known.
        score_delta: score of the shadow less the answer's; NaN = not known.
        rank_delta: rank of the shadow's score less that of the answer's; NaN = not known.
    """

    variant: str
    shadow: str
    event_time: NDArray[np.datetime64]
    is_match: NDArray[np.float64]
    score_delta: NDArray[np.float64]
    rank_delta: NDArray[np.float64]

    @property
    def name(self) -> str:
        """The pair in words."""
        return f"{self.shadow} beside {self.variant}"


def read_comparisons(run: Path) -> dict[str, list[Compared]]:
    """Return the comparisons of a run by experiment, those of each pair together; none without shadows.

    Raises:
        JobError: a file was not written by a run.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not has_rows(run, "comparisons"):
        return {}
    parts: dict[tuple[str, ...], list[pa.Table]] = {}
    for block in read_rows(run, "comparisons", arrow_schema(pick(COMPARISON, *_COLUMNS))):
        for group in block.group_by(list(_GROUP)).aggregate([]).to_pylist():
            names = tuple(str(group[name]) for name in _GROUP)
            own = block
            for name in _GROUP:
                own = own.filter(pc.equal(own[name], group[name]))
            parts.setdefault(names, []).append(own.drop_columns(list(_GROUP)))
    found: dict[str, list[Compared]] = {}
    for names in sorted(parts):
        found.setdefault(names[0], []).append(_compared(pa.concat_tables(parts[names]), *names[1:]))
    return found


def _compared(table: pa.Table, variant: str, shadow: str) -> Compared:
    import pyarrow as pa

    numbers = (
        table[name].cast(pa.int8() if name == "is_match" else pa.float64()).to_numpy().astype(np.float64, copy=False)
        for name in ("is_match", "score_delta", "rank_delta")
    )
    return Compared(variant, shadow, table["event_time"].to_numpy().astype("datetime64[ms]"), *numbers)
