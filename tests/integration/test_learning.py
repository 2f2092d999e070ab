"""A job learns its stream as a loop over the same rows does, in whatever way outcomes come, and when it is killed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

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
from tests.integration.learning_oracle import DAY_MS, is_held_out, taught
from tests.support.job_runs import JobRun, read_parts, run_job
from tests.support.killed_runs import WAIT_S, WrittenAndSaved, kill_once, start_run


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Given:
    return made(tmp_path_factory.mktemp("learning") / "in")


@pytest.fixture(scope="module")
def undisturbed(given: Given, tmp_path_factory: pytest.TempPathFactory) -> JobRun:
    folder = tmp_path_factory.mktemp("run")
    return run_job(given.config, given.events, folder / "out", overrides=settings(folder))


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
    often = [*settings(tmp_path), "execution.checkpoint_interval=200ms"]
    # Those that learn a model a key go on with more tasks.
    slowly = ["job.inference.batch_size=8", "execution.parallelism=4"]
    process = start_run(given.config, given.pieces, output, [*often, *slowly])
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
