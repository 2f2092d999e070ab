"""Rows scored one by one inside the JVM get what batches get."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.support.job_runs import JobRun, run_job

_OF_THE_RUN = ["latency_us"]


@pytest.fixture(scope="module")
def latency_run(fraud_config: Path, crafted_file: Path, tmp_path_factory: pytest.TempPathFactory) -> JobRun:
    output = tmp_path_factory.mktemp("latency") / "out"
    return run_job(fraud_config, crafted_file, output, overrides=["execution.profile=latency"])


def test_latency_profile_gives_the_same_predictions(latency_run: JobRun, crafted_run: JobRun) -> None:
    found, wanted = (run.predictions.drop(columns=_OF_THE_RUN) for run in (latency_run, crafted_run))
    pd.testing.assert_frame_equal(found, wanted, check_exact=True, check_like=True)


def test_latency_profile_gives_the_same_dead_letters(latency_run: JobRun, crafted_run: JobRun) -> None:
    found, wanted = (
        run.dead_letters.sort_values(["value", "reason"], ignore_index=True)[["value", "reason", "error", "operator"]]
        for run in (latency_run, crafted_run)
    )
    pd.testing.assert_frame_equal(found, wanted)
    assert latency_run.summary.reasons == crafted_run.summary.reasons
