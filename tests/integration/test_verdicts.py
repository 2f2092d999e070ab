"""Verdicts of running jobs beside what pandas finds in the predictions of the same runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.crafted_input import LATE, CraftedInput
from tests.support.experiment_runs import SPLIT, overrides
from tests.support.fraud_config import FEATURES, STATELESS, write_fraud_config
from tests.support.job_runs import JobRun, read_parts, run_job

METRICS = (
    "{of: log_loss}, {of: label, name: frauds, per: unit, role: signal}, {of: auc, role: signal}, "
    "{of: errors, role: guardrail, margin: 0.01}, {of: field, field: TX_AMOUNT, role: signal}"
)
INTERVAL_MS = 6 * 3_600_000


def settings(folder: Path, width: int) -> list[str]:
    """Settings of an experiment between two versions of the job's model, with a verdict."""
    return overrides(folder, width, SPLIT, verdict=f"{{metrics: [{METRICS}], interval: 6h, max_silence: 30d}}")


def by_hand(run: JobRun, crafted: CraftedInput) -> dict[str, dict[str, float]]:
    """Values of each variant from the predictions of a run; a row without one is an error."""
    predictions = run.predictions[["event_id", "prediction", "variant"]]
    rows = crafted.rows.rename(columns={"TRANSACTION_ID": "event_id"})
    late = pd.DataFrame([json.loads(LATE.text)]).rename(columns={"TRANSACTION_ID": "event_id"})
    if late["event_id"].isin(predictions["event_id"]).all():
        rows = pd.concat([rows, late[rows.columns]])  # without windows no row is late
    rows = rows.merge(predictions, on="event_id", how="left")
    variants = rows.dropna(subset="variant").groupby("CUSTOMER_ID")["variant"].first()
    rows["variant"] = rows["CUSTOMER_ID"].map(variants)
    truth = rows["TX_FRAUD"]
    rows["loss"] = -np.log(np.where(truth == 1, rows["prediction"], 1 - rows["prediction"]))
    found = {}
    for variant, own in rows.groupby("variant"):
        found[str(variant)] = {
            "units": own["CUSTOMER_ID"].nunique(),
            "log_loss": own["loss"].mean(),
            "frauds": own.groupby("CUSTOMER_ID")["TX_FRAUD"].sum().mean(),
            "auc": area(own.dropna(subset="prediction")),
            "errors": own["prediction"].isna().mean(),
            "TX_AMOUNT": own["TX_AMOUNT"].mean(),
        }
    return found


def area(rows: pd.DataFrame) -> float:
    """Share of pairs in which the fraud scores higher, ties by half."""
    is_fraud = rows["TX_FRAUD"] == 1
    ranks, positives = rows["prediction"].rank(), int(is_fraud.sum())
    wins = float(ranks[is_fraud].sum()) - positives * (positives + 1) / 2
    return wins / positives / (len(rows) - positives)


def records(run: JobRun) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = read_parts(run.output / "verdicts").to_dict("records")
    return sorted(rows, key=lambda row: row["looked_at"])


def assert_says(record: dict[str, Any], expected: dict[str, dict[str, float]]) -> None:
    assert (record["experiment"], record["variant"], record["control"]) == ("test", "treatment", "control")
    for variant, values in expected.items():
        found = record["arms"][variant]
        # Scores of one of a thousand cells count as equal.
        assert found.pop("auc") == pytest.approx(values.pop("auc"), abs=2e-3)
        assert found == pytest.approx(values, rel=1e-9)


def run_stateless(folder: Path, source: Path, *given: str) -> JobRun:
    config = write_fraud_config(folder, features=STATELESS)
    return run_job(config, source, folder / "out", overrides=[*settings(folder, len(STATELESS)), *given])


@pytest.fixture(scope="module")
def two_tasks(crafted_file: Path, tmp_path_factory: pytest.TempPathFactory) -> JobRun:
    return run_stateless(tmp_path_factory.mktemp("verdicts"), crafted_file, "execution.parallelism=2")


def test_last_record_says_what_pandas_finds(two_tasks: JobRun, crafted: CraftedInput) -> None:
    found = records(two_tasks)
    assert_says(found[-1], by_hand(two_tasks, crafted))
    looks = [record["looked_at"] for record in found]
    assert looks == sorted(set(looks))
    assert all(look % INTERVAL_MS == 0 for look in looks)
    last_event = int(crafted.rows["TX_DATETIME"].astype("datetime64[ms]").astype("int64").max())
    assert looks[-1] == (last_event // INTERVAL_MS + 1) * INTERVAL_MS
    units = [record["numbers"]["units.treatment"] for record in found]
    assert units == sorted(units)


def test_one_task_says_the_same_as_two(two_tasks: JobRun, crafted_file: Path, tmp_path: Path) -> None:
    one = run_stateless(tmp_path, crafted_file, "execution.parallelism=1")
    last = [records(run)[-1] for run in (one, two_tasks)]
    assert last[0]["arms"]["control"] == pytest.approx(last[1]["arms"]["control"], rel=1e-9)
    assert last[0]["arms"]["treatment"] == pytest.approx(last[1]["arms"]["treatment"], rel=1e-9)
    assert last[0]["looked_at"] == last[1]["looked_at"]


def test_latency_profile_says_what_pandas_finds(crafted: CraftedInput, crafted_file: Path, tmp_path: Path) -> None:
    run = run_stateless(tmp_path, crafted_file, "execution.profile=latency")
    assert_says(records(run)[-1], by_hand(run, crafted))


def test_windows_of_sql_go_before_verdicts(crafted: CraftedInput, crafted_file: Path, tmp_path: Path) -> None:
    config, given = write_fraud_config(tmp_path), settings(tmp_path, len(FEATURES))
    run = run_job(config, crafted_file, tmp_path / "out", overrides=[*given, "execution.windows=sql"])
    assert_says(records(run)[-1], by_hand(run, crafted))
