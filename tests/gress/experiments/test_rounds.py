"""Rounds of bandits from logged rows: a replay says what the bandit itself said."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import numpy as np
import pytest

from conf.settings import ExperimentSettings
from gress.experiments.reading.logged_rows import LoggedRows
from gress.experiments.reading.rounds import rounds_of
from gress.experiments.replay import replay
from jobs.errors import JobError
from tests.state.verdicts.bandits.simulated import HOUR, NAMES, Run, rates, simulate
from udfs.verdicts.answered import Answered
from udfs.verdicts.settings import verdict_of


def experiment(arms: int) -> ExperimentSettings:
    variants = [{"name": name, "model_name": "m"} for name in NAMES[:arms]]
    verdict = {"metrics": [{"of": "label", "name": "reward"}], "interval": "1h", "max_silence": "100h"}
    given = {"name": "test", "strategy": "bandit", "bandit": {"goal": "reward"}, "verdict": verdict}
    return ExperimentSettings.model_validate({**given, "variants": variants})


def logged(run: Run) -> LoggedRows:
    """The rows of a simulation, in the hour before each look."""
    size = len(run.arms)
    nothing = np.full(size, np.nan)
    answered = Answered(np.full(size, 0.5), run.rewards, np.zeros(size), nothing, {})
    times = run.looks * HOUR + np.arange(size) % (size // len(run.shares))
    return LoggedRows(np.arange(size, dtype=np.uint64), times, run.arms, run.propensities, answered)


def shuffled(rows: LoggedRows) -> LoggedRows:
    """The same rows in another order, as files hold them."""
    order = np.random.default_rng(5).permutation(len(rows))
    columns = (rows.points, rows.times, rows.arms, rows.propensity)
    answered = dataclasses.replace(
        rows.answered, **{name: getattr(rows.answered, name)[order] for name in ("prediction", "label", "failed")}
    )
    return LoggedRows(*(column[order] for column in columns), answered)


@pytest.mark.parametrize(("arms", "near"), [(2, 1e-9), (3, 2e-3), (4, 2e-3)])
def test_replay_says_what_the_bandit_said(arms: int, near: float) -> None:
    """The first rows of a round may count for the round before, if their variant stays at its floor."""
    run = simulate(rates(0.05, 0.1, 0.12, 0.12), arms=arms, looks=25)
    tested = experiment(arms)
    rows = shuffled(logged(run))
    records = replay(tested, rows, verdict_of(tested).metrics)
    assert len(records) == len(run.records)
    told, said = records[-1], run.records[-1]
    assert told["rules"]["shares"] == pytest.approx(said["rules"]["shares"])
    for name in NAMES[:arms]:
        assert told["bandit"]["rewards"][name] == pytest.approx(said["bandit"]["rewards"][name], rel=near)


def test_each_row_is_of_one_round_of_its_own_share() -> None:
    run = simulate(rates(0.05, 0.1, 0.12), arms=3, looks=25, seed=3)
    rows = logged(run)
    found = rounds_of(experiment(3), rows)
    assert (np.sum([own for _, own in found], axis=0) == 1).all()
    for shares, own in found:
        assert sum(shares) == pytest.approx(1)
        assert (np.array(shares)[rows.arms[own]] == rows.propensity[own]).all()
    planned = [tuple(shares.tolist()) for shares in run.shares]
    assert [shares for shares, _ in found] == list(dict.fromkeys(planned))


def test_tasks_that_take_new_weights_up_one_after_the_other_make_no_further_round() -> None:
    old, new = (0.25, 0.25, 0.5), (0.05, 0.25, 0.7)
    arms = np.resize([0, 1, 2], 120)
    is_new = (np.arange(120) >= 60) | ((np.arange(120) >= 40) & (np.arange(120) // 3 % 2 == 0))
    p = np.where(is_new, np.array(new)[arms], np.array(old)[arms])
    nothing = np.full(120, np.nan)
    answered = Answered(nothing, nothing, nothing, nothing, {})
    rows = LoggedRows(np.arange(120, dtype=np.uint64), np.arange(120), arms, p, answered)
    assert [shares for shares, _ in rounds_of(experiment(3), rows)] == [old, new]


def test_variant_that_was_rolled_back_has_no_share_from_then_on() -> None:
    old, new = (0.3, 0.3, 0.4), (0.6, 0.0, 0.4)
    arms = np.concatenate([np.resize([0, 1, 2], 60), np.resize([0, 2], 60)])
    p = np.concatenate([np.array(old)[arms[:60]], np.array(new)[arms[60:]]])
    nothing = np.full(120, np.nan)
    answered = Answered(nothing, nothing, nothing, nothing, {})
    rows = LoggedRows(np.arange(120, dtype=np.uint64), np.arange(120), arms, p, answered)
    found = rounds_of(experiment(3), rows)
    assert [shares for shares, _ in found] == [old, new]
    assert [int(own.sum()) for _, own in found] == [60, 60]


def test_propensities_that_fit_no_round_are_refused() -> None:
    arms: Any = np.array([0, 1])
    nothing = np.full(2, np.nan)
    answered = Answered(nothing, nothing, nothing, nothing, {})
    rows = LoggedRows(np.arange(2, dtype=np.uint64), np.arange(2), arms, np.array([0.5, 0.4]), answered)
    text = (
        "experiment 'test': expected propensities of variant 'control' that sum to 1 with those of the others, got "
        "0.5; replay the rows of whole looks, and of all variants"
    )
    with pytest.raises(JobError, match=f"^{re.escape(text)}$"):
        rounds_of(experiment(2), rows)
