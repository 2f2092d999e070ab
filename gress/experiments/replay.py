"""Replay of an experiment: verdicts on logged rows, by the code that judges them inside the stream."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conf.experiments.ab_testing import ALL, ExperimentSettings
from conf.experiments.verdict import MetricSettings
from conf.experiments.weights_at import weights_at
from gress.experiments.reading.logged_rows import LoggedRows
from gress.experiments.reading.rounds import rounds_of
from jobs.errors import refuse
from state.verdicts.judging.judge import Judge
from state.verdicts.outcomes import Outcomes, in_order
from udfs.verdicts.settings import judged, trial, verdict_of

_DIGITS = 9


def replay(experiment: ExperimentSettings, rows: LoggedRows, metrics: Sequence[MetricSettings]) -> list[dict[str, Any]]:
    """Return the records that looks at the rows end in, in the order of looks.

    A look covers the rows before its time; a job counts rows that its watermark has passed at the next look.

    Args:
        experiment: with its verdict.
        rows: at least one.
        metrics: those of the verdict's metrics that the rows hold.

    Raises:
        JobError: shares of the variants changed in a way that the rows do not show, or none but the default has one.
    """
    told = verdict_of(experiment).model_copy(update={"metrics": tuple(metrics)})
    experiment = experiment.model_copy(update={"verdict": told})
    settings = judged(experiment)
    ledger = settings.new_ledger()
    judge, records = Judge(trial(experiment)), []
    parts = in_order(outcomes_of(experiment, rows, metrics))
    for look in np.unique(rows.times // settings.interval_ms + 1) * settings.interval_ms:
        for part in parts:
            first, last = np.searchsorted(part.times, [look - settings.interval_ms, look])
            if first < last:
                ledger.add(part.take(np.arange(first, last)))
        records += judge.look([ledger.cells.to_bytes()], int(look))
    if not records:
        expected = "a share of units for a variant beside the default one, by the rows or by the settings"
        advice = "replay a run in which two variants answered; a shadow has rows in comparisons alone"
        refuse(f"experiment {experiment.name!r}", expected, "all units with the default one", advice)
    return records


def outcomes_of(experiment: ExperimentSettings, rows: LoggedRows, metrics: Sequence[MetricSettings]) -> list[Outcomes]:
    """Return the rows as outcomes, a part for each step: the rows for which the variants had the same shares."""
    values = rows.answered.values(metrics)
    scores, labels = rows.answered.chances[0], rows.answered.label
    whole = Outcomes(experiment.name, 0, (), rows.points, rows.times, rows.arms, values, scores, labels)
    return [
        dataclasses.replace(whole.take(np.flatnonzero(own)), step=step, shares=shares)
        for step, (shares, own) in enumerate(_steps(experiment, rows))
    ]


def _steps(experiment: ExperimentSettings, rows: LoggedRows) -> list[tuple[tuple[float, ...], NDArray[np.bool_]]]:
    """Return the shares of the variants at each step in the order of time, and whether each row is of the step.

    A row holds the share of its own variant. Of two variants that is all, and steps of equal shares are one: units that
    come at either are split the same way.
    """
    usual = [float(weight / ALL) for weight in weights_at(experiment).values()]
    if experiment.bandit is not None:
        return rounds_of(experiment, rows)
    enabled = [place for place, each in enumerate(experiment.variants) if each.enabled]
    if len(enabled) != 2:
        return [(_constant_shares(experiment, rows, usual), np.ones(len(rows), np.bool_))]
    first, second = enabled
    both = usual[first] + usual[second]
    of_first = np.where(rows.arms == first, rows.propensity, both - rows.propensity).round(_DIGITS)
    made = []
    for share in sorted(np.unique(of_first).tolist(), key=lambda share: rows.times[of_first == share].min()):
        is_own = of_first == share
        shares = list(usual)
        shares[first], shares[second] = share, round(both - share, _DIGITS)
        for arm in enabled:
            # The propensities of the rows are not rounded.
            told = rows.propensity[is_own & (rows.arms == arm)]
            shares[arm] = float(told[0]) if len(told) else shares[arm]
        made.append((tuple(shares), is_own))
    return made


def _constant_shares(experiment: ExperimentSettings, rows: LoggedRows, usual: Sequence[float]) -> tuple[float, ...]:
    shares = list(usual)
    for place, each in enumerate(experiment.variants):
        found = np.unique(rows.propensity[rows.arms == place]).tolist()
        if len(found) > 1:
            expected = f"one propensity of variant {each.name!r}, as there are more than two variants"
            advice = "replay the rows of each step by themselves"
            refuse(f"experiment {experiment.name!r}", expected, ", ".join(map(str, found)), advice)
        shares[place] = found[0] if found else usual[place]
    if abs(sum(shares) - 1) > 1e-6:
        got = ", ".join(f"{each.name} {share:g}" for each, share in zip(experiment.variants, shares, strict=True))
        advice = "give the weights of the run with --config and --set"
        refuse(f"experiment {experiment.name!r}", "propensities that sum to 1 with the weights", got, advice)
    return tuple(shares)
