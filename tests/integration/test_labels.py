"""Outcomes that come later, in files of their own: each prediction gets its label, and verdicts tell of both."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.support.job_graph import operators, renumbered
from tests.support.job_runs import JobRun, read_parts, run_job
from tests.support.killed_runs import WAIT_S, kill_once, start_run
from tests.support.label_inputs import BAD, Input, check_last_record, make_input, overrides, records


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Input:
    return make_input(tmp_path_factory.mktemp("labels") / "in", 6_000, 150)


@pytest.fixture(scope="module")
def undisturbed(given: Input, tmp_path_factory: pytest.TempPathFactory) -> JobRun:
    return run_job(given.config, given.events, tmp_path_factory.mktemp("run") / "out", overrides=overrides(given))


def test_each_row_has_its_outcome(given: Input, undisturbed: JobRun) -> None:
    assert undisturbed.summary.labels == given.counts
    unmatched = read_parts(undisturbed.output / "unmatched")
    counted = unmatched["outcome"].value_counts().to_dict()
    assert counted == {name: count for name, count in given.counts.items() if name != "matched"}
    assert set(unmatched.loc[unmatched["outcome"] == "unlabelled", "id"]).isdisjoint(given.pairs["tx"])
    assert unmatched.loc[unmatched["outcome"] == "duplicate", "label"].eq(1).all()
    letters = read_parts(undisturbed.output / "label_dead_letters")
    assert sorted(letters["value"]) == sorted(BAD)
    assert set(letters["operator"]) == {"fraud-detection/labels"}


def test_last_verdict_has_the_metrics_of_all_pairs(given: Input, undisturbed: JobRun) -> None:
    check_last_record(undisturbed.output, undisturbed.predictions, given.pairs)
    assert "an arm had no event" not in " ".join(records(undisturbed.output)[-1]["reasons"])


def test_predictions_without_a_label_count_with_the_one_that_is_set(given: Input, tmp_path: Path) -> None:
    run = run_job(given.config, given.events, tmp_path / "out", overrides=overrides(given, missing="0"))
    counts = dict(given.counts)
    counts["negative"] = counts.pop("unlabelled")
    assert run.summary.labels == counts
    missing = run.predictions.loc[~run.predictions["event_id"].isin(given.pairs["tx"]), "event_id"]
    check_last_record(
        run.output, run.predictions, pd.concat([given.pairs, pd.DataFrame({"tx": missing, "fraud": False})])
    )


def test_killed_run_that_is_resumed_loses_nothing_and_has_nothing_twice(
    given: Input, undisturbed: JobRun, tmp_path: Path
) -> None:
    output, settings = tmp_path / "out", overrides(given)
    often = [*settings[:-1], "job.inference.batch_size=50", "execution.checkpoint_interval=200ms"]
    killed = start_run(given.config, given.events, output, often)
    kill_once(lambda: list(output.glob(".checkpoints/*/chk-*/_metadata")), killed, output)
    resumed = start_run(given.config, given.events, output, settings, "--resume")
    assert resumed.wait(WAIT_S) == 0, (tmp_path / "log").read_text()
    assert json.loads((output / "summary.json").read_text("utf-8"))["labels"] == given.counts
    assert records(output)[-1] == records(undisturbed.output)[-1]


def test_labels_move_no_uid_of_operators_with_state(given: Input, tmp_path: Path) -> None:
    *plain, _ = chosen = overrides(given)
    labelled = renumbered(operators(given.events, tmp_path, 2, *chosen, config=given.config))
    without = renumbered(operators(given.events, tmp_path, 2, *plain[:3], config=given.config))
    assert [name for name, uid in labelled if not uid] == []
    assert len({uid for _, uid in labelled}) == len(labelled)
    # Those with a number are the planner's, which counts on, and have no state here.
    named = {uid for _, uid in without if not uid[:1].isdigit()}
    assert "verdicts-units" in named
    assert named - {uid for _, uid in labelled} == set()
