"""Drift measured beside predictions: the records of a run against its own predictions and the known input."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from conf.drift import SequentialSettings
from jobs.sources.transactions import to_json_lines
from models.inspect import spec_from_file
from models.spec import spec_text
from state.drift.histograms import Histograms
from state.drift.records import change_record, is_change
from state.drift.rows import SampledRows
from state.drift.sequential.streams import Streams
from tests.state.drift.record_golden import baseline_document, check_record
from tests.support.crafted_input import BAD_LINES, COLUMNS, CraftedInput, as_bytes
from tests.support.fraud_config import FEATURES, STATELESS, expected_features, write_fraud_config
from tests.support.job_graph import operators, renumbered
from tests.support.job_runs import JobRun, run_job
from tests.support.small_model import expected_score, write_model

DAY_MS = 86_400_000
LEAST_ROWS = 200
SHIFTED_DAY = 4
# Batches of few rows: tasks are then at different times, as they are in runs over much input.
DRIFT = (
    "ml.drift.enabled=true",
    "ml.drift.sample=1",
    "ml.drift.window=1d",
    f"ml.drift.min_rows={LEAST_ROWS}",
    "job.inference.batch_size=40",
)
SEQUENTIAL = ("ml.drift.sequential.detector=adwin", "ml.drift.sequential.delta=0.05")
KINDS = {"stateless": STATELESS, "windowed": FEATURES}


@dataclass(frozen=True)
class Measured:
    """A job with drift: how to run it, and what its model's baseline says."""

    config: Path
    source: Path
    baseline: dict[str, Any]
    rows: pd.DataFrame
    features: np.ndarray

    def run(self, output: Path, *overrides: str) -> JobRun:
        """Run it with further settings."""
        return run_job(self.config, self.source, output, overrides=[*DRIFT, *overrides])


def drift_rows() -> pd.DataFrame:
    """The crafted transactions; on one day all cost twice as much."""
    rows = CraftedInput(2_000).rows[COLUMNS].copy()
    day = rows["TX_DATETIME"] // DAY_MS
    rows.loc[day == day.min() + SHIFTED_DAY, "TX_AMOUNT"] *= 2
    rows["TX_AMOUNT"] = rows["TX_AMOUNT"].round(2)
    return rows


def features_of(kind: str, rows: pd.DataFrame) -> tuple[list[str], np.ndarray]:
    """Names and values of a job's features, in its order, float32."""
    if kind == "windowed":
        return list(FEATURES), expected_features(rows)
    moments = pd.to_datetime(rows["TX_DATETIME"], unit="ms")
    values = [rows["TX_AMOUNT"], moments.dt.dayofweek >= 5, moments.dt.hour < 7]
    return ["TX_AMOUNT", "TX_DURING_WEEKEND", "TX_DURING_NIGHT"], np.column_stack(values).astype(np.float32)


@pytest.fixture(scope="module", params=KINDS)
def measured(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Measured:
    kind = request.param
    folder, rows = tmp_path_factory.mktemp(kind), drift_rows()
    names, features = features_of(kind, rows)
    trained = (rows["TX_DATETIME"] // DAY_MS % 2 == 0).to_numpy() & (rows["TX_AMOUNT"] > 0).to_numpy()
    model = write_model(folder / "model", width=len(names))
    scores = expected_score(np.pad(features, ((0, 0), (0, 6 - len(names)))))
    baseline = baseline_document(features[trained], names, scores[trained])
    spec = spec_from_file(model, "fraud-detector", "2.0.0", feature_columns=tuple(names), baseline=baseline)
    model.with_name("model.json").write_text(spec_text(spec), "utf-8")
    lines = to_json_lines({name: rows[name].to_numpy() for name in COLUMNS})
    for place, bad in enumerate(BAD_LINES):
        lines.insert(150 * place, bad.text)
    source = folder / "transactions.jsonl"
    source.write_bytes(as_bytes("\n".join(lines)))
    config = write_fraud_config(folder, features=KINDS[kind], model=model)
    return Measured(config, source, baseline, rows, features)


@pytest.fixture(scope="module")
def one_task(measured: Measured) -> JobRun:
    return measured.run(measured.source.parent / "one", "execution.parallelism=1", *SEQUENTIAL)


def records(run: JobRun) -> list[dict[str, Any]]:
    """Drift records of a run, in the order in which they were written."""
    parts = sorted((run.output / "drift").glob("part-*"))
    return [json.loads(line) for part in parts for line in part.read_text("utf-8").splitlines()]


def windows(run: JobRun) -> list[dict[str, Any]]:
    """Records of windows alone."""
    return [record for record in records(run) if not is_change(record)]


def test_records_are_those_of_the_predictions_written(one_task: JobRun, measured: Measured) -> None:
    scores = one_task.predictions.set_index("event_id")["prediction"]
    rows, features = measured.rows, measured.features
    is_scored = rows["TRANSACTION_ID"].isin(scores.index).to_numpy()
    days = (rows["TX_DATETIME"] // DAY_MS * DAY_MS).to_numpy()
    found = windows(one_task)
    assert [_ms(record["window_start"]) for record in found] == sorted(set(days))
    assert sum(record["rows"] for record in found) == len(scores) == is_scored.sum()
    for record in found:
        chosen = is_scored & (days == _ms(record["window_start"]))
        said = scores.loc[rows["TRANSACTION_ID"][chosen]].to_numpy()
        truth = rows["TX_FRAUD"][chosen].to_numpy(float)
        check_record(record, measured.baseline, [*features[chosen].T, said], truth)
        assert _ms(record["window_end"]) - _ms(record["window_start"]) == DAY_MS
        assert (record["model"], record["version"]) == ("fraud-detector", "2.0.0")
        assert bool(record["findings"]) == (record["score"] is not None) == (chosen.sum() >= LEAST_ROWS)
    assert [bool(record["findings"]) for record in found].count(False) == 1


def test_shifted_feature_is_named(one_task: JobRun) -> None:
    found = windows(one_task)
    shifted = found[SHIFTED_DAY]
    assert shifted["is_drift"]
    assert "TX_AMOUNT" in {finding["name"] for finding in shifted["findings"] if finding["is_drift"]}
    others = [record for record in found if record is not shifted and record["findings"]]
    worst = [finding["score"] for record in others for finding in record["findings"] if finding["name"] == "TX_AMOUNT"]
    assert max(worst) < next(f["score"] for f in shifted["findings"] if f["name"] == "TX_AMOUNT")


def test_changes_are_those_of_the_rows_in_the_order_of_their_time(one_task: JobRun, measured: Measured) -> None:
    scores = one_task.predictions.set_index("event_id")["prediction"]
    rows, features = measured.rows, measured.features
    is_scored = rows["TRANSACTION_ID"].isin(scores.index).to_numpy()
    said = scores.loc[rows["TRANSACTION_ID"][is_scored]].to_numpy()
    truth = rows["TX_FRAUD"][is_scored].to_numpy(float)
    times = rows["TX_DATETIME"].to_numpy(np.int64)[is_scored]
    in_order = np.lexsort((*features[is_scored].T, truth, said, times))
    settings = SequentialSettings(detector="adwin", delta=0.05)
    streams = Streams(settings, Histograms.from_json(measured.baseline))
    sampled = SampledRows("fraud-detector", "2.0.0", times, features[is_scored], said, truth)
    expected = streams.update(_taken(sampled, in_order))
    found = [record for record in records(one_task) if is_change(record)]
    assert [change_record("fraud-detector@2.0.0", detection) for detection in expected] == found
    assert found


def _taken(rows: SampledRows, order: np.ndarray) -> SampledRows:
    columns = (rows.times_ms, rows.matrix, rows.scores, rows.labels)
    return SampledRows(rows.model, rows.version, *(column[order] for column in columns))


def test_records_of_two_tasks_are_those_of_one(one_task: JobRun, measured: Measured, tmp_path: Path) -> None:
    two_tasks = measured.run(tmp_path / "out", "execution.parallelism=2", *SEQUENTIAL)
    assert records(two_tasks) == records(one_task)


def test_windows_are_the_same_in_the_latency_profile_and_without_detectors(
    one_task: JobRun, measured: Measured, tmp_path: Path
) -> None:
    plain = measured.run(tmp_path / "out", "execution.parallelism=2", "execution.profile=latency")
    assert records(plain) == windows(one_task)


@dataclass(frozen=True)
class Plan:
    """Operators of a job, name and uid: with drift by number of tasks, and without it."""

    by_tasks: dict[int, list[tuple[str, str]]]
    without: list[tuple[str, str]]


@pytest.fixture(scope="module", params=["throughput", "latency"])
def plan(request: pytest.FixtureRequest, measured: Measured, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    def operators_of(tasks: int, *overrides: str) -> list[tuple[str, str]]:
        profile = f"execution.profile={request.param}"
        output = tmp_path_factory.mktemp("plan")
        return operators(measured.source, output, tasks, profile, *overrides, config=measured.config)

    return Plan({tasks: operators_of(tasks, *DRIFT) for tasks in (2, 3)}, operators_of(2))


def test_every_operator_has_a_uid_of_its_own(plan: Plan) -> None:
    found = plan.by_tasks[2]
    assert [name for name, uid in found if not uid] == []
    assert len({uid for _, uid in found}) == len(found)
    assert {"drift-time", "drift-key", "drift-windows"} <= {uid for _, uid in found}


def test_number_of_tasks_does_not_change_uids(plan: Plan) -> None:
    assert renumbered(plan.by_tasks[3]) == renumbered(plan.by_tasks[2])


def test_lines_are_parsed_and_rows_scored_once_with_drift_too(plan: Plan) -> None:
    with_drift, without = (
        sum(uid.endswith("python-calc") for _, uid in found) for found in (plan.by_tasks[2], plan.without)
    )
    assert with_drift == without > 0


def _ms(text: str) -> int:
    return int(pd.Timestamp(text).value // 1_000_000)
