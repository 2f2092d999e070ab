"""A job whose features need no window: lines to predictions in one step, in any order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.integration.crafted_input import LATE, CraftedInput
from tests.integration.fraud_config import STATELESS, write_fraud_config
from tests.integration.job_runs import JobRun, run_job
from tests.integration.small_model import BIAS, WEIGHTS
from tests.models.sample_models import sigmoid


@pytest.fixture(scope="module")
def stateless_run(crafted_file: Path, tmp_path_factory: pytest.TempPathFactory) -> JobRun:
    folder = tmp_path_factory.mktemp("stateless")
    return run_job(write_fraud_config(folder, features=STATELESS), crafted_file, folder / "out")


def test_every_line_ends_in_one_place(stateless_run: JobRun, crafted: CraftedInput) -> None:
    assert stateless_run.summary.events == len(crafted.lines)
    assert stateless_run.summary.adds_up
    assert not stateless_run.predictions["event_id"].duplicated().any()


def test_scores_are_those_of_the_features(stateless_run: JobRun, crafted: CraftedInput) -> None:
    rows = crafted.rows[crafted.rows["TX_AMOUNT"] > 0].sort_values("TRANSACTION_ID")
    moments = pd.to_datetime(rows["TX_DATETIME"], unit="ms")
    features = np.column_stack([rows["TX_AMOUNT"], moments.dt.dayofweek >= 5, moments.dt.hour < 7])
    wanted = sigmoid(features @ WEIGHTS[:3].astype(float) + BIAS.astype(float)).ravel()
    found = stateless_run.predictions
    found = found[found["event_id"] != "1000000"]
    assert found["event_id"].tolist() == rows["TRANSACTION_ID"].astype(str).tolist()
    np.testing.assert_allclose(found["prediction"], wanted, rtol=1e-5)


def test_dead_letters_are_those_of_the_windowed_job_but_for_the_late_row(
    stateless_run: JobRun, crafted_run: JobRun
) -> None:
    wanted = dict(crafted_run.summary.reasons)
    assert wanted.pop("late") == 1
    assert stateless_run.summary.reasons == wanted
    assert LATE.text not in set(stateless_run.dead_letters["value"])


def test_every_dead_letter_has_its_raw_line(stateless_run: JobRun, crafted: CraftedInput) -> None:
    letters = stateless_run.dead_letters
    assert set(letters["value"]) <= set(crafted.lines)
    assert set(letters["operator"]) == {"fraud-detection/score"}
