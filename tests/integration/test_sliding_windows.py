"""The engine of packed rows gives the fraud job what Flink's windows give it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.support.job_graph import operators
from tests.support.job_runs import JobRun, run_job

_SQL = "execution.windows=sql"
_OF_THE_RUN = ["latency_us"]


@pytest.fixture(scope="module")
def sql_run(fraud_config: Path, crafted_file: Path, tmp_path_factory: pytest.TempPathFactory) -> JobRun:
    output = tmp_path_factory.mktemp("sql") / "out"
    return run_job(fraud_config, crafted_file, output, overrides=[_SQL, "execution.parallelism=2"])


def test_predictions_are_the_same_to_the_last_bit(sql_run: JobRun, crafted_run: JobRun) -> None:
    found, wanted = (run.predictions.drop(columns=_OF_THE_RUN) for run in (sql_run, crafted_run))
    pd.testing.assert_frame_equal(found, wanted, check_exact=True, check_like=True)


def test_dead_letters_are_the_same(sql_run: JobRun, crafted_run: JobRun) -> None:
    found, wanted = (
        run.dead_letters.sort_values(["value", "reason"], ignore_index=True)[
            ["value", "encoding", "reason", "error", "operator", "key", "event_time"]
        ]
        for run in (sql_run, crafted_run)
    )
    pd.testing.assert_frame_equal(found, wanted)
    assert "late" in set(found["reason"])
    assert sql_run.summary.reasons == crafted_run.summary.reasons


def test_filter_that_numpy_does_not_know_is_refused_with_the_way_round(crafted_file: Path, tmp_path: Path) -> None:
    from jobs.errors import JobError

    spec = (
        "job.features.specs=[{name: n, type: aggregation, parameters: "
        "{function: count, key: CUSTOMER_ID, window: 1d, filter: 'MOD(TERMINAL_ID, 2) = 0'}}]"
    )
    with pytest.raises(JobError, match=r"feature 'n': filter .*MOD.*; set execution\.windows: sql"):
        operators(crafted_file, tmp_path, 1, spec)
