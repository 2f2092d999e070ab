"""Benchmarks of learning: their rows and figures; peers that must be installed are left out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler

from benchmarks.learners.rows import labelled_rows
from benchmarks.learning.learning import PROGRAMS, ratios
from benchmarks.learning.learning_accuracy import by_scikit_learn, quality, scale, write_card_fraud
from benchmarks.measure import run_module
from state.learners.kernels.compiled import has_compiler
from state.learners.make_learner import make_learner
from state.learners.settings import LearnerSettings


@pytest.mark.parametrize("name", [name for name, program in PROGRAMS.items() if not program.requirements])
def test_our_programs_learn(name: str) -> None:
    program = PROGRAMS[name]
    if "numpy" not in name and not has_compiler():
        pytest.skip("numba is not installed")
    run = run_module(f"benchmarks.learners.{program.module}", "100", "3", *program.arguments, rows=100)
    assert run.seconds > 0
    assert ("numba" in run.result["versions"]) == ("numpy" not in name)


def test_every_program_gets_the_same_rows() -> None:
    first, second = labelled_rows(50, 4), labelled_rows(50, 4)
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])
    assert 0.3 < labelled_rows(2_000, 4)[1].mean() < 0.7


def test_ratio_of_a_peer_that_is_not_there_is_none() -> None:
    found = ratios({"20": {"ours": 30.0, "river": 2.0, "vw": 4.0}, "100": {"ours": 10.0, "vw, file": 8.0}})
    assert json.dumps(found) == json.dumps(
        {
            "ratio_river_20": 15.0,
            "ratio_river_100": None,
            "ratio_vw": 7.5,
            "ratio_vw_100": None,
            "ratio_vw_file": None,
            "ratio_vw_file_100": 1.25,
        }
    )


def test_rows_are_scaled_by_those_so_far() -> None:
    rows = np.random.default_rng(1).normal([5.0, 1e6, 0.0], [1.0, 10.0, 0.0], size=(60, 3))
    scaler = StandardScaler()
    expected = [scaler.partial_fit(row[None]).transform(row[None])[0] for row in rows]
    np.testing.assert_allclose(scale(rows), expected, atol=1e-6)


def test_ours_is_no_worse_than_scikit_learn() -> None:
    rows, targets = labelled_rows(300, 4)
    learner = make_learner(LearnerSettings("logistic", rate=0.05), 4)
    ours = learner.learn_many(rows, targets, np.ones(300))
    areas, losses = quality({"targets": targets, "ours": ours, "theirs": by_scikit_learn(rows, targets, 0.05)})
    assert areas["ours"] == areas["theirs"] > 0.6
    assert losses["ours"] == losses["theirs"] < 0.69


def test_first_card_transactions_become_rows(tmp_path: Path) -> None:
    times = pd.to_datetime(["2018-04-02 05:00", "2018-04-01 12:00", "2018-04-03 00:00"])
    pd.DataFrame({"TX_DATETIME": times, "TX_AMOUNT": [10.0, 300.0, 5.0], "TX_FRAUD": [0, 1, 0]}).to_parquet(
        tmp_path / "transactions.parquet"
    )
    with np.load(write_card_fraud(tmp_path, tmp_path, 2)) as found:
        assert found["targets"].tolist() == [1.0, 0.0]
        # Amount, over 220, at the weekend, at night.
        assert found["rows"][:, [0, 2, 3, 4]].tolist() == [[300.0, 1.0, 1.0, 0.0], [10.0, 0.0, 0.0, 1.0]]
