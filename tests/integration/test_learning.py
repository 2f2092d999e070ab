"""A job learns its stream as a loop over the same rows does, in whatever way outcomes come, and when it is killed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jobs.sources.transactions import GeneratorSettings, TransactionGenerator, write
from models.learned.linear import LearnedLinear
from models.learned.snapshots import open_snapshots
from models.registry import local_registry
from tests.integration.learning_oracle import DAY_MS, is_held_out, taught
from tests.support.fraud_config import STATELESS, write_fraud_config
from tests.support.job_runs import JobRun, read_parts, run_job
from tests.support.killed_runs import WAIT_S, WrittenAndSaved, kill_once, start_run
from tests.support.small_model import write_model

MODEL = "fraud-online"
# In the order of the shipped feature set.
COLUMNS = ("TX_AMOUNT", "TX_DURING_WEEKEND", "TX_DURING_NIGHT")
EVENTS, FILES = 20_000, 20
FIELDS = "{tx: {type: long}, at: {type: timestamp, unit: ms}, fraud: {type: long}}"
LABELS = f"id: tx, time: at, label: fraud, fields: {FIELDS}"


@dataclass(frozen=True)
class Given:
    """Transactions, the same labels in a file of their own, and settings of a job without windows."""

    folder: Path
    config: Path
    rows: pd.DataFrame

    @property
    def events(self) -> Path:
        return self.folder / "events.jsonl"

    @property
    def pieces(self) -> Path:
        """The events in many files, which one task after the other reads."""
        return self.folder / "events"

    @property
    def labels(self) -> Path:
        return self.folder / "labels.jsonl"


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Given:
    folder = tmp_path_factory.mktemp("learning") / "in"
    folder.mkdir()
    write(folder / "events.jsonl", TransactionGenerator(GeneratorSettings(customers=500)).batches(EVENTS))
    (folder / "events").mkdir()
    lines = (folder / "events.jsonl").read_bytes().splitlines(keepends=True)
    for number in range(FILES):
        part = lines[number * EVENTS // FILES : (number + 1) * EVENTS // FILES]
        (folder / "events" / f"{number:03}.jsonl").write_bytes(b"".join(part))
    rows = pd.read_json(folder / "events.jsonl", lines=True, convert_dates=False)
    times = pd.to_datetime(rows["TX_DATETIME"])
    rows["TX_MS"] = times.astype("int64") // (1_000_000 if times.dt.unit == "ns" else 1)
    rows["TX_DURING_NIGHT"] = (times.dt.hour < 7).astype(float)
    rows["TX_DURING_WEEKEND"] = (times.dt.dayofweek >= 5).astype(float)
    # As models get them.
    rows["TX_AMOUNT"] = rows["TX_AMOUNT"].astype(np.float32).astype(float)
    rows["known"] = rows["TX_MS"] + 3 * DAY_MS
    labels = pd.DataFrame({"tx": rows["TRANSACTION_ID"], "at": rows["known"], "fraud": rows["TX_FRAUD"]})
    labels.to_json(folder / "labels.jsonl", orient="records", lines=True)
    model = write_model(folder / "model", width=len(STATELESS))
    return Given(folder, write_fraud_config(folder, features=STATELESS, model=model), rows)


def settings(folder: Path, **more: str) -> list[str]:
    learning = {
        "model_name": MODEL,
        "registry": f"{{type: local, base_path: {folder / 'registry'}}}",
        "label_delay": "3d",
        "learner": "{learning_rate: 0.05}",
        # It takes nothing back, as the oracle does not.
        "guard": "{margin: 1000}",
        "keep": "100",
        **more,
    }
    listed = ", ".join(f"{name}: {value}" for name, value in learning.items() if value)
    return [
        "ml.online_learning.enabled=true",
        "ml.online_learning.default_checkpoint_interval=1d",
        f"ml.online_learning.checkpoint_dir={folder / 'snapshots'}",
        f"job.learning={{{listed}}}",
        "job.inference.batch_size=500",
    ]


@pytest.fixture(scope="module")
def undisturbed(given: Given, tmp_path_factory: pytest.TempPathFactory) -> JobRun:
    folder = tmp_path_factory.mktemp("run")
    return run_job(given.config, given.events, folder / "out", overrides=settings(folder))


def last(folder: Path) -> LearnedLinear:
    """The last model of a run."""
    _, version = open_snapshots(str(folder / "snapshots")).read(MODEL)
    assert isinstance(version.model, LearnedLinear)
    return version.model


def bits(folder: Path) -> Mapping[str, bytes]:
    """The snapshots of a run, with all weights, by version."""
    return {path.stem: path.read_bytes() for path in (folder / "snapshots" / MODEL).glob("*.json")}


def records(run: JobRun) -> list[dict[str, object]]:
    return read_parts(run.output / "learning").to_dict("records")


def test_weights_are_those_of_a_loop_over_the_rows(given: Given, undisturbed: JobRun) -> None:
    found = last(undisturbed.output.parent)
    oracle = taught(given.rows, COLUMNS, MODEL)
    np.testing.assert_allclose(found.weights[:, 0], oracle.weights[:-1], rtol=1e-9)
    np.testing.assert_allclose(found.bias[0], oracle.weights[-1], rtol=1e-9)
    np.testing.assert_allclose(found.mean, oracle.means, rtol=1e-12)


def test_records_count_every_row_and_each_slot_has_a_version(given: Given, undisturbed: JobRun) -> None:
    told = records(undisturbed)
    held = sum(is_held_out(event, MODEL) for event in given.rows["TRANSACTION_ID"])
    assert (told[-1]["updates"], told[-1]["held_out"], told[-1]["skipped"]) == (EVENTS - held, held, 0)
    days = (given.rows["known"] // DAY_MS).nunique()
    assert [each["slot"] for each in told] == list(range(1, days + 1))
    assert [each["version"] for each in told] == [f"1.0.{number}" for number in range(1, days + 1)]
    registry = local_registry(undisturbed.output.parent / "registry")
    assert [str(version) for version in registry.versions(MODEL)] == [each["version"] for each in told]
    assert undisturbed.summary.events == EVENTS == undisturbed.summary.predictions


def test_outcomes_of_a_stream_of_their_own_teach_the_same(given: Given, undisturbed: JobRun, tmp_path: Path) -> None:
    labels = f"job.labels={{path: {given.labels}, ttl: 7d, {LABELS}}}"
    run_job(given.config, given.events, tmp_path / "out", overrides=[*settings(tmp_path, label_delay=""), labels])
    assert bits(tmp_path) == bits(undisturbed.output.parent)


def test_latency_profile_learns_the_same(given: Given, undisturbed: JobRun, tmp_path: Path) -> None:
    overrides = [*settings(tmp_path), "execution.profile=latency", "execution.parallelism=1"]
    run_job(given.config, given.events, tmp_path / "out", overrides=overrides)
    assert bits(tmp_path) == bits(undisturbed.output.parent)


@pytest.mark.slow
def test_killed_run_goes_on_to_the_same_bits(given: Given, undisturbed: JobRun, tmp_path: Path) -> None:
    output = tmp_path / "out"
    often = [*settings(tmp_path), "execution.checkpoint_interval=200ms", "job.inference.batch_size=20"]
    for parallelism, options in ((1, ()), (4, ("--resume",))):
        tasks = f"execution.parallelism={parallelism}"
        process = start_run(given.config, given.pieces, output, [*often, tasks], *options)
        kill_once(WrittenAndSaved(output, "learning"), process, output)
    process = start_run(given.config, given.pieces, output, often, "--resume")
    assert process.wait(WAIT_S) == 0, (tmp_path / "log").read_text()
    assert bits(tmp_path) == bits(undisturbed.output.parent)
    versions = [str(version) for version in local_registry(tmp_path / "registry").versions(MODEL)]
    assert versions == [each["version"] for each in records(undisturbed)]
    found = read_parts(output / "learning").sort_values("slot").to_dict("records")
    assert [each["version"] for each in found] == versions
    summary = json.loads((output / "summary.json").read_text())
    assert summary["events"] == summary["predictions"] == EVENTS


@pytest.mark.parametrize(
    "learner",
    [
        "{algorithm: naive_bayes}",
        "{algorithm: passive_aggressive}",
        "{algorithm: logistic, optimizer: ftrl, learning_rate: 0.1, l1: 1.0}",
    ],
    ids=lambda text: text.split(",")[0].removeprefix("{algorithm: ").rstrip("}"),
)
def test_other_learners_publish_versions_too(given: Given, learner: str, tmp_path: Path) -> None:
    run = run_job(given.config, given.events, tmp_path / "out", overrides=settings(tmp_path, learner=learner))
    assert all(each.get("version") for each in records(run))


