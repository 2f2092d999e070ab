"""A job learns a model a key, and serves them; or it learns one model in several shards."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from models.learned.inspection.read_onnx import read_onnx
from models.learned.shards.table import LearnedTable
from models.registry import local_registry
from tests.integration.learning_jobs import (
    COLUMNS,
    EVENTS,
    LABELS,
    MODEL,
    Given,
    bits,
    last,
    made,
    records,
    settings,
)
from tests.integration.learning_oracle import is_held_out
from tests.support.job_runs import JobRun, run_job
from tests.support.killed_runs import WAIT_S, WrittenAndSaved, kill_once, start_run

KEYED = {"key": "CUSTOMER_ID", "learner": "{optimizer: sgd, learning_rate: 0.05}"}


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Given:
    return made(tmp_path_factory.mktemp("learning") / "in")


@pytest.fixture(scope="module")
def keyed(given: Given, tmp_path_factory: pytest.TempPathFactory) -> JobRun:
    folder = tmp_path_factory.mktemp("keyed")
    return run_job(given.config, given.events, folder / "out", overrides=settings(folder, **KEYED))


def table_of(folder: Path, version: str = "") -> LearnedTable:
    """A version of a run; "" is the last."""
    registry = local_registry(folder / "registry")
    found = version or str(registry.versions(MODEL)[-1])
    model = read_onnx(registry.resolve(MODEL, found)[1])
    assert isinstance(model, LearnedTable)
    return model


def files(folder: Path) -> dict[str, str]:
    """The checksums of all versions of a run."""
    registry = local_registry(folder / "registry")
    return {str(version): registry.spec(MODEL, str(version)).sha256 for version in registry.versions(MODEL)}


def said(model: LearnedTable, rows: pd.DataFrame) -> np.ndarray:
    return model.predict(rows[list(COLUMNS)].to_numpy(np.float32), rows["CUSTOMER_ID"].tolist())


def test_each_customer_that_was_learnt_has_a_model(given: Given, keyed: JobRun) -> None:
    learnt = given.rows[[not is_held_out(event, MODEL) for event in given.rows["TRANSACTION_ID"]]]
    model = table_of(keyed.output.parent)
    assert sorted(model.keys) == sorted(set(map(str, learnt["CUSTOMER_ID"])))
    assert model.features == COLUMNS
    told = records(keyed)
    assert [each["slot"] for each in told] == list(range(1, len(told) + 1))
    final = told[-1]
    assert (final["models"], final["unkeyed"], final["taken_back"]) == (learnt["CUSTOMER_ID"].nunique(), 0, 0)
    assert final["updates"] == len(learnt)
    assert all(before["updates"] <= after["updates"] for before, after in pairwise(told))
    assert set(final["shared"]) == set(final["scores"])


def test_models_of_customers_know_more_than_the_shared_one(given: Given, keyed: JobRun) -> None:
    model, targets = table_of(keyed.output.parent), given.rows["TX_FRAUD"]
    alone = model.other.predict(given.rows[list(COLUMNS)].to_numpy(np.float32))
    assert log_loss(targets, said(model, given.rows)) < log_loss(targets, alone)


def test_version_serves_each_row_by_the_model_of_its_customer(given: Given, keyed: JobRun, tmp_path: Path) -> None:
    folder = keyed.output.parent
    overrides = [
        "ml.models=[]",
        f"ml.model_registry={{type: local, base_path: {folder / 'registry'}}}",
        f"job.inference.model_name={MODEL}",
        "job.inference.model_version=1.0.2",
    ]
    run = run_job(given.config, given.events, tmp_path / "out", overrides=overrides)
    assert set(run.predictions["status"]) == {"ok"}
    rows = given.rows.sort_values("TRANSACTION_ID", key=lambda ids: ids.astype(run.predictions["event_id"].dtype))
    expected = said(table_of(folder, "1.0.2"), rows)
    np.testing.assert_allclose(run.predictions["prediction"], expected, atol=1e-6)


def test_job_serves_the_models_that_it_learns_itself(given: Given, tmp_path: Path) -> None:
    more = {**KEYED, "registry": "", "model_name": "", "promote": "true"}
    overrides = [
        *settings(tmp_path, **more),
        "ml.models=[]",
        f"ml.model_registry={{type: local, base_path: {tmp_path / 'registry'}, watch_interval: 100ms}}",
        f"job.inference.model_name={MODEL}",
        "job.inference.model_version=",
        f"job.learning.model_name={MODEL}",
    ]
    run = run_job(given.config, given.events, tmp_path / "out", overrides=overrides)
    assert set(run.predictions["status"]) == {"ok"}
    assert "0.0.0" in files(tmp_path)
    assert table_of(tmp_path, "0.0.0").keys == ()
    assert all(each["version"] for each in records(run))


def test_more_tasks_change_no_bit(given: Given, keyed: JobRun, tmp_path: Path) -> None:
    overrides = [*settings(tmp_path, **KEYED), "execution.parallelism=4", "job.inference.batch_size=97"]
    run_job(given.config, given.events, tmp_path / "out", overrides=overrides)
    assert files(tmp_path) == files(keyed.output.parent)
    assert bits(tmp_path) == bits(keyed.output.parent)


def test_outcomes_of_a_stream_of_their_own_teach_the_same(given: Given, keyed: JobRun, tmp_path: Path) -> None:
    labels = f"job.labels={{path: {given.labels}, ttl: 7d, {LABELS}}}"
    overrides = [*settings(tmp_path, **KEYED, label_delay=""), labels]
    run_job(given.config, given.events, tmp_path / "out", overrides=overrides)
    assert files(tmp_path) == files(keyed.output.parent)


@pytest.mark.slow
def test_killed_run_goes_on_to_the_same_bits(given: Given, keyed: JobRun, tmp_path: Path) -> None:
    output = tmp_path / "out"
    often = [
        *settings(tmp_path, **KEYED),
        "execution.checkpoint_interval=200ms",
        "execution.state_backend=rocksdb",
    ]
    slowly = ["job.inference.batch_size=8", "execution.parallelism=1"]
    process = start_run(given.config, given.pieces, output, [*often, *slowly])
    kill_once(WrittenAndSaved(output, "learning"), process, output)
    process = start_run(given.config, given.pieces, output, [*often, "execution.parallelism=2"], "--resume")
    assert process.wait(WAIT_S) == 0, (tmp_path / "log").read_text()
    assert files(tmp_path) == files(keyed.output.parent)


def test_keys_beyond_the_limit_are_left_to_the_shared_model(given: Given, tmp_path: Path) -> None:
    overrides = settings(tmp_path, **KEYED, max_keys="64")
    run = run_job(given.config, given.events, tmp_path / "out", overrides=overrides)
    final = records(run)[-1]
    assert final["models"] == 64 == len(table_of(tmp_path).keys)
    assert 0 < final["unkeyed"] < final["updates"] <= EVENTS


def test_four_shards_learn_nearly_what_one_does(tmp_path: Path) -> None:
    # Each shard needs rows enough to learn from.
    given = made(tmp_path / "in", events=20_000, customers=500)
    areas, matrix = {}, given.rows[list(COLUMNS)].to_numpy(np.float32)
    for shards in (1, 4):
        folder = tmp_path / str(shards)
        run = run_job(given.config, given.events, folder / "out", overrides=settings(folder, shards=str(shards)))
        areas[shards] = roc_auc_score(given.rows["TX_FRAUD"], last(folder).predict(matrix))
        final = records(run)[-1]
        held = sum(is_held_out(event, MODEL) for event in given.rows["TRANSACTION_ID"])
        assert (final["updates"], final["held_out"]) == (len(given.rows) - held, held)
    assert areas[4] > areas[1] - 0.01
    assert bits(tmp_path / "4") != bits(tmp_path / "1")
