"""Reader of the answers in a run's predictions, and of those of their baselines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from conf.experiments.evaluation import MODEL
from jobs.run_folder.arrow import arrow_schema, read_json_parts
from udfs.columns.top_classes import ranked_classes
from udfs.rows import TOP_CLASSES, pick, predictions_of

if TYPE_CHECKING:
    from conf.settings import JobSettings


@dataclass(frozen=True)
class Answers:
    """The answers to n rows.

    Attributes:
        truth: ``(n,)``, NaN = not known.
        values: answers by their source, the model or a baseline, ``(n,)`` each, NaN = none.
        ends: the first two scores of the model, ``(n, 2)``, NaN = none.
        ranks: rank of the truth among the model's best classes, 1 = the best, infinite = not there, ``(n,)``.
    """

    truth: NDArray[np.float64]
    values: dict[str, NDArray[np.float64]]
    ends: NDArray[np.float64]
    ranks: NDArray[np.float64]

    def known(self) -> Answers:
        """Return the rows with the truth and an answer of each."""
        rows = np.isfinite(self.truth) & np.all([np.isfinite(own) for own in self.values.values()], axis=0)
        values = {name: own[rows] for name, own in self.values.items()}
        return Answers(self.truth[rows], values, self.ends[rows], self.ranks[rows])


def read_answers(folder: Path, job: JobSettings) -> Answers:
    """Read the predictions of a run.

    Args:
        folder: its predictions, JSON Lines.
        job: its settings.
    """
    import pyarrow as pa

    baselines = () if job.evaluation is None else job.evaluation.baselines
    columns = {MODEL: job.inference.output_field} | {each.name: each.field for each in baselines}
    top = (TOP_CLASSES.name,) if job.sink.top_classes else ()
    schema = arrow_schema(pick(predictions_of(job), "truth", "scores", *top, *dict.fromkeys(columns.values())))
    tables = list(read_json_parts(folder, schema))
    table = pa.concat_tables(tables) if tables else schema.empty_table()
    truth = _numbers(table["truth"])
    texts = table[TOP_CLASSES.name].to_pylist() if top else [None] * len(truth)
    values = {name: _numbers(table[column]) for name, column in columns.items()}
    return Answers(truth, values, _ends(table["scores"].to_pylist()), _ranks(truth, texts))


def _ends(scores: list[list[float] | None]) -> NDArray[np.float64]:
    """Return the first two scores of each row, ``(n, 2)``; NaN where there are none, which no truth is between."""
    nothing = (math.nan, math.nan)
    pairs = [tuple(each[:2]) if each is not None and len(each) > 1 else nothing for each in scores]
    return np.array(pairs, np.float64).reshape(-1, 2)


def _ranks(truth: NDArray[np.float64], texts: Sequence[str | None]) -> NDArray[np.float64]:
    """Return the rank of each truth among the classes of its row, whose names are whole numbers."""
    ranks = np.full(len(truth), np.inf)
    for row in np.flatnonzero(np.isfinite(truth)).tolist():
        classes, wanted = ranked_classes(texts[row]), f"{truth[row]:.0f}"
        if wanted in classes:
            ranks[row] = classes.index(wanted) + 1
    return ranks


def _numbers(column: Any) -> NDArray[np.float64]:
    import pyarrow as pa

    values = column.cast(pa.int8()) if pa.types.is_boolean(column.type) else column
    return np.asarray(values.cast(pa.float64()).to_numpy(), np.float64)
