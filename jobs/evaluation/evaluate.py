"""Reader of a run's predictions that measures them, and its baselines on the same rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from conf.experiments.evaluation import MODEL
from jobs.evaluation.measures import MEASURES
from jobs.run_folder.arrow import arrow_schema, read_json_parts
from udfs.rows import pick, predictions_of

if TYPE_CHECKING:
    from conf.settings import JobSettings

Evaluation = dict[str, dict[str, float]]
"""Figures by measure, then by whose answers they are of: ``model``, or the name of a baseline."""

_DIGITS = 6


def evaluate(output: Path, job: JobSettings) -> Evaluation:
    """Return the measures of a run's predictions and of its baselines; none where the job asks for none.

    All are measured on the same rows: those with the truth and an answer of each. A measure that these rows cannot
    tell, such as AUC without a positive row, is left out.

    Args:
        output: folder of the run, whose predictions are JSON Lines.
        job: the job's settings.
    """
    if job.evaluation is None:
        return {}
    settings = job.evaluation
    truth, answers, ends = _read(output / "predictions", job)
    known = np.isfinite(truth) & np.all([np.isfinite(own) for own in answers.values()], axis=0)
    if not known.any():
        return {}
    thresholds = {MODEL: settings.threshold} | {each.name: each.threshold for each in settings.baselines}
    found = {}
    for name in settings.measures:
        measure = MEASURES[name]
        judged = {MODEL: ends} if measure.is_of_interval else answers
        own = {whose: measure.of(truth[known], given[known], thresholds[whose]) for whose, given in judged.items()}
        scale = own[settings.baselines[0].name] if measure.is_relative else 1.0
        found[name] = {whose: round(value / scale, _DIGITS) if scale else math.nan for whose, value in own.items()}
    return {measure: own for measure, own in found.items() if not any(map(math.isnan, own.values()))}


def evaluation_text(figures: Mapping[str, float]) -> str:
    """Return the figures of one measure as a line.

    Example:
        >>> evaluation_text({"model": 0.72, "lexicon": 0.6376})
        '0.7200 (lexicon 0.6376)'
    """
    others = baselines_text(figures)
    return f"{figures[MODEL]:.4f}" + (f" ({others})" if others else "")


def baselines_text(figures: Mapping[str, float]) -> str:
    """Return the figures of one measure's baselines.

    Example:
        >>> baselines_text({"model": 0.72, "lexicon": 0.6376, "chance": 0.5})
        'lexicon 0.6376, chance 0.5000'
    """
    return ", ".join(f"{name} {value:.4f}" for name, value in figures.items() if name != MODEL)


def _read(
    folder: Path, job: JobSettings
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]], NDArray[np.float64]]:
    """Return the truth of each row, the answers by whose they are, NaN = none, and the ends of the model's interval."""
    import pyarrow as pa

    baselines = () if job.evaluation is None else job.evaluation.baselines
    columns = {MODEL: job.inference.output_field} | {each.name: each.field for each in baselines}
    schema = arrow_schema(pick(predictions_of(job), "truth", "scores", *dict.fromkeys(columns.values())))
    tables = list(read_json_parts(folder, schema))
    table = pa.concat_tables(tables) if tables else schema.empty_table()
    answers = {name: _numbers(table[column]) for name, column in columns.items()}
    return _numbers(table["truth"]), answers, _ends(table["scores"].to_pylist())


def _ends(scores: list[list[float] | None]) -> NDArray[np.float64]:
    """Return the first two scores of each row, ``(n, 2)``; NaN where there are none, which no truth is between."""
    nothing = (math.nan, math.nan)
    pairs = [tuple(each[:2]) if each is not None and len(each) > 1 else nothing for each in scores]
    return np.array(pairs, np.float64).reshape(-1, 2)


def _numbers(column: Any) -> NDArray[np.float64]:
    import pyarrow as pa

    values = column.cast(pa.int8()) if pa.types.is_boolean(column.type) else column
    return np.asarray(values.cast(pa.float64()).to_numpy(), np.float64)
