"""The engine of packed rows gives the fraud job what Flink's windows give it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from jobs.errors import JobError
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


def _counting(condition: str) -> str:
    parameters = f'{{function: count, key: CUSTOMER_ID, window: 1d, filter: "{condition}"}}'
    return f"job.features.specs.0={{name: n, type: aggregation, parameters: {parameters}}}"


def test_filter_that_numpy_does_not_know_is_refused_with_the_way_round(crafted_file: Path, tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"feature 'n': filter .*MOD.*; set execution\.windows: sql"):
        operators(crafted_file, tmp_path, 1, _counting("MOD(TERMINAL_ID, 2) = 0"))


@pytest.mark.parametrize(
    ("condition", "got"),
    [
        ("NOSUCH(TX_AMOUNT) > 1", "No match found for function signature NOSUCH(<NUMERIC>)"),
        ("MOD(TERMINAL_ID, 2)", "Expected a boolean type"),
        ("TX_AMOUNT = 'x'", "implicit type conversion between DOUBLE and CHAR is not supported now"),
        ("TX_AMOUNT > > 1", 'Encountered "> >".'),
    ],
)
def test_filter_that_flink_does_not_take_is_one_line(
    condition: str, got: str, crafted_file: Path, tmp_path: Path
) -> None:
    with pytest.raises(JobError) as caught:
        operators(crafted_file, tmp_path, 1, _SQL, _counting(condition))
    fix = "compare fields with values of their types"
    wanted = f"feature 'n': filter {condition!r}: expected a condition that Flink takes, got {got}; {fix}"
    assert str(caught.value) == wanted
