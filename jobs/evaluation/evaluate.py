"""Reader of a run's predictions that measures them, and its baselines on the same rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from conf.experiments.evaluation import MODEL
from jobs.evaluation.measures import MEASURES, Measure
from jobs.evaluation.read_answers import Answers, read_answers

if TYPE_CHECKING:
    from conf.experiments.evaluation import EvaluationSettings
    from conf.settings import JobSettings

Evaluation = dict[str, dict[str, float]]
"""Figures by measure, then by the source of the answers: ``model``, or the name of a baseline."""

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
    found: Evaluation = {}
    answers = read_answers(output / "predictions", job).known()
    if not len(answers.truth):
        return found
    for name in settings.measures:
        own = _figures(MEASURES[name], answers, settings, job.sink.top_classes)
        scale = own[settings.baselines[0].name] if MEASURES[name].is_relative else 1.0
        found[name] = {whose: round(value / scale, _DIGITS) if scale else math.nan for whose, value in own.items()}
    return {measure: own for measure, own in found.items() if not any(map(math.isnan, own.values()))}


def _figures(measure: Measure, answers: Answers, settings: EvaluationSettings, last: int) -> dict[str, float]:
    """Return a measure of the model and of each baseline that it can judge; ranks count up to the last place."""
    limits = {MODEL: settings.threshold} | {each.name: each.threshold for each in settings.baselines}
    judged = answers.values
    if measure.is_of_interval:
        judged = {MODEL: answers.ends}
    if measure.is_of_ranks:
        judged = {**judged, MODEL: answers.ranks}
        limits = dict.fromkeys(limits, float(last))
    return {whose: measure.of(answers.truth, given, limits[whose]) for whose, given in judged.items()}


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
