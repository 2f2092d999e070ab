"""Replay of an experiment: verdicts on logged rows, by the code that judges them inside the stream."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conf.experiments.ab_testing import ExperimentSettings
from conf.experiments.verdict import MetricSettings
from gress.experiments.logged_rows import LoggedRows
from jobs.errors import refuse
from state.verdicts.judge import Judge
from state.verdicts.ledger import UnitLedger
from state.verdicts.outcomes import Outcomes, in_order
from udfs.verdicts.settings import judged, trial, verdict_of

_DIGITS = 9


def replay(experiment: ExperimentSettings, rows: LoggedRows, metrics: Sequence[MetricSettings]) -> list[dict[str, Any]]:
    """Return the records that looks at the rows end in, in the order of looks.

    A look covers the rows before its time; a job counts rows behind its watermark at the next look.

    Args:
        experiment: with its verdict.
        rows: at least one.
        metrics: those of the verdict's metrics that the rows tell.

    Raises:
        JobError: shares of the variants changed in a way that rows do not tell.
    """
    told = verdict_of(experiment).model_copy(update={"metrics": tuple(metrics)})
    experiment = experiment.model_copy(update={"verdict": told})
    settings = judged(experiment)
    ledger = UnitLedger(settings.per_unit, counts_scores=settings.counts_scores)
    judge, records = Judge(trial(experiment)), []
    parts = in_order(outcomes_of(experiment, rows, metrics))
    for look in np.unique(rows.times // settings.interval_ms + 1) * settings.interval_ms:
        for part in parts:
            first, last = np.searchsorted(part.times, [look - settings.interval_ms, look])
            if first < last:
                ledger.add(part.take(np.arange(first, last)))
        records += judge.look([ledger.cells.to_bytes()], int(look))
    return records


def outcomes_of(
    experiment: ExperimentSettings, rows: LoggedRows, metrics: Sequence[MetricSettings]
) -> list[Outcomes]:
    """Return the rows as outcomes, a part for each step: the rows for which the variants had the same shares."""
    values = rows.answered.values(metrics)
    scores, labels = rows.answered.chances
    whole = Outcomes(experiment.name, 0, (), rows.points, rows.times, rows.arms, values, scores, labels)
    return [
        dataclasses.replace(whole.take(np.flatnonzero(own)), step=step, shares=shares)
        for step, (shares, own) in enumerate(_steps(experiment, rows))
    ]


def _steps(
    experiment: ExperimentSettings, rows: LoggedRows
) -> list[tuple[tuple[float, ...], NDArray[np.bool_]]]:
    """Return the shares of the variants at each step in the order of time, and whether each row is of the step.

    Steps of equal shares are one: units that come at either are split alike.
    """
    enabled = [place for place, each in enumerate(experiment.variants) if each.enabled]
    if len(enabled) == 2:
        first = np.where(rows.arms == enabled[0], rows.propensity, 1 - rows.propensity).round(_DIGITS)
        made = []
        for share in sorted(np.unique(first).tolist(), key=lambda share: rows.times[first == share].min()):
            shares = [0.0] * len(experiment.variants)
            shares[enabled[0]], shares[enabled[1]] = share, round(1 - share, _DIGITS)
            made.append((tuple(shares), first == share))
        return made
    return [(_constant_shares(experiment, rows), np.ones(len(rows), np.bool_))]


def _constant_shares(experiment: ExperimentSettings, rows: LoggedRows) -> tuple[float, ...]:
    shares = []
    for place, each in enumerate(experiment.variants):
        found = np.unique(rows.propensity[rows.arms == place].round(_DIGITS)).tolist()
        if len(found) > 1:
            expected = f"one propensity of variant {each.name!r}, as there are more than two variants"
            advice = "replay the rows of each step by themselves"
            refuse(f"experiment {experiment.name!r}", expected, ", ".join(map(str, found)), advice)
        shares.append(found[0] if found else float(each.share / 100))
    return tuple(shares)
