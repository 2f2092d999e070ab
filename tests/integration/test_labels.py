"""Outcomes that come later, in files of their own: each prediction gets its label, and verdicts tell of both."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jobs.sources.transactions import GeneratorSettings, TransactionGenerator, write
from tests.support.fraud_config import STATELESS, write_fraud_config
from tests.support.job_graph import operators, renumbered
from tests.support.job_runs import JobRun, read_parts, run_job
from tests.support.killed_runs import WAIT_S, kill_once, start_run
from tests.support.small_model import write_model

HOUR, DAY = 3_600_000, 86_400_000
# What becomes of an event's label, the share of events, and the time of the label after its event.
KINDS: Mapping[str, tuple[float, float, float]] = {
    "in time": (0.6, HOUR, 5 * DAY),
    "before its event": (0.1, -20 * HOUR, -HOUR),
    "late": (0.1, 7 * DAY + HOUR, 8 * DAY),
    "twice": (0.1, HOUR, 5 * DAY),
    "missing": (0.1, 0, 0),
}
ORPHANS, BAD = 50, ['{"tx": 1, "at": "never", "fraud": 1}', "{", '{"tx": 2, "fraud": 0}']


@dataclass(frozen=True)
class Input:
    """Files of events and labels, and what is to become of them.

    Attributes:
        pairs: id and label of the predictions that get one.
        counts: rows by outcome, where no label stands for a missing one.
    """

    folder: Path
    config: Path
    pairs: pd.DataFrame
    counts: Mapping[str, int]

    @property
    def events(self) -> Path:
        return self.folder / "events.jsonl"


def make_input(folder: Path, events: int, customers: int) -> Input:
    folder.mkdir()
    write(folder / "events.jsonl", TransactionGenerator(GeneratorSettings(customers=customers)).batches(events))
    frame = pd.read_json(folder / "events.jsonl", lines=True, convert_dates=False)
    times = pd.to_datetime(frame["TX_DATETIME"]).astype("int64").to_numpy() // 1_000_000
    times = times if times[0] > 10**12 else times * 1_000
    random = np.random.default_rng(5)
    kinds = random.choice(list(KINDS), events, p=[share for share, _, _ in KINDS.values()])
    first, last = (np.array([KINDS[kind][place] for kind in kinds]) for place in (1, 2))
    delays = (first + random.random(events) * (last - first)).astype(np.int64)
    labels = pd.DataFrame({"tx": frame["TRANSACTION_ID"], "at": times + delays, "fraud": random.random(events) < 0.2})
    again = labels[kinds == "twice"].assign(at=lambda rows: rows["at"] + HOUR, fraud=True)
    orphans = pd.DataFrame({"tx": 10**9 + np.arange(ORPHANS), "at": times[:ORPHANS] + DAY, "fraud": True})
    written = pd.concat([labels[kinds != "missing"], again, orphans]).sort_values("at", kind="stable")
    lines = written.assign(fraud=written["fraud"].astype(int)).to_json(orient="records", lines=True).splitlines()
    (folder / "labels.jsonl").write_text("\n".join([*lines[:9], *BAD, *lines[9:]]) + "\n", "utf-8")
    of = pd.Series(kinds).value_counts()
    has_pair = np.isin(kinds, ["in time", "before its event", "twice"])
    counts = {
        "matched": int(has_pair.sum()),
        "unlabelled": int((~has_pair).sum()),
        "late": int(of["late"]),
        "duplicate": int(of["twice"]),
        "orphan": ORPHANS,
    }
    return Input(folder, write_config(folder), labels[has_pair], counts)


def write_config(folder: Path) -> Path:
    return write_fraud_config(folder, features=STATELESS, model=write_model(folder / "model", width=len(STATELESS)))


def overrides(of: Input, missing: str = "null") -> list[str]:
    """Settings of an experiment with two versions of the job's model, and of its labels."""
    path = of.folder / "model" / "model.onnx"
    arms = {"control": ("2.0.0", 60), "treatment": ("3.0.0", 40)}
    models = [f"{{name: fraud-detector, version: {version}, type: onnx, path: {path}}}" for version, _ in arms.values()]
    variants = [
        f"{{name: {name}, model_name: fraud-detector, model_version: {version}, weight: {weight}}}"
        for name, (version, weight) in arms.items()
    ]
    metrics = "{of: label, better: lower}, {of: log_loss}, {of: auc}, {of: errors, role: guardrail, margin: 0.01}"
    verdict = f"verdict: {{interval: 1d, metrics: [{metrics}]}}"
    tested = f"name: test, strategy: hash, split_key: CUSTOMER_ID, variants: [{', '.join(variants)}], {verdict}"
    fields = "tx: {type: long}, at: {type: timestamp, unit: ms}, fraud: {type: long}"
    times = f"ttl: 7d, early: 1d, late: 2d, missing_label: {missing}"
    named = f"path: {of.folder / 'labels.jsonl'}, id: tx, time: at, label: fraud, fields: {{{fields}}}"
    return [
        f"ml.models=[{', '.join(models)}]",
        "ml.ab_testing.enabled=true",
        f"ml.ab_testing.experiments=[{{{tested}}}]",
        f"job.labels={{{named}, {times}}}",
        "job.inference.batch_size=500",
    ]


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Input:
    return make_input(tmp_path_factory.mktemp("labels") / "in", 6_000, 150)


@pytest.fixture(scope="module")
def undisturbed(given: Input, tmp_path_factory: pytest.TempPathFactory) -> JobRun:
    return run_job(given.config, given.events, tmp_path_factory.mktemp("run") / "out", overrides=overrides(given))


def records(output: Path) -> list[dict[str, Any]]:
    """Verdicts in the order of their looks."""
    found = read_parts(output / "verdicts").to_dict("records")
    return sorted(found, key=lambda record: int(record["looked_at"]))


def expected_arms(predictions: pd.DataFrame, pairs: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Metrics of the label of each variant, by pandas."""
    rows = predictions.merge(pairs, left_on="event_id", right_on="tx")
    chance, truth = rows["prediction"], rows["fraud"].astype(int)
    rows["log_loss"] = -np.log(np.where(truth == 1, chance, 1 - chance))
    found = {}
    for name, of in rows.groupby("variant"):
        ranks, is_positive = of["prediction"].rank(), of["fraud"].astype(bool)
        positives, negatives = is_positive.sum(), (~is_positive).sum()
        area = (ranks[is_positive].sum() - positives * (positives + 1) / 2) / (positives * negatives)
        found[str(name)] = {"label": is_positive.mean(), "log_loss": of["log_loss"].mean(), "auc": area}
    return found


def check_last_record(run: JobRun, pairs: pd.DataFrame) -> None:
    last = records(run.output)[-1]
    for name, wanted in expected_arms(run.predictions, pairs).items():
        found = last["arms"][name]
        assert found["label"] == pytest.approx(wanted["label"], rel=1e-9)
        assert found["log_loss"] == pytest.approx(wanted["log_loss"], rel=1e-6)
        assert found["auc"] == pytest.approx(wanted["auc"], abs=0.002)  # it is counted in cells
    assert last["numbers"]["label.clock"] == len(pairs)


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
    check_last_record(undisturbed, given.pairs)
    assert "an arm had no event" not in " ".join(records(undisturbed.output)[-1]["reasons"])


def test_predictions_without_a_label_count_with_the_one_that_is_set(given: Input, tmp_path: Path) -> None:
    run = run_job(given.config, given.events, tmp_path / "out", overrides=overrides(given, missing="0"))
    counts = dict(given.counts)
    counts["negative"] = counts.pop("unlabelled")
    assert run.summary.labels == counts
    missing = run.predictions.loc[~run.predictions["event_id"].isin(given.pairs["tx"]), "event_id"]
    check_last_record(run, pd.concat([given.pairs, pd.DataFrame({"tx": missing, "fraud": False})]))


def test_killed_run_that_is_resumed_loses_nothing_and_has_nothing_twice(tmp_path: Path) -> None:
    given, output = make_input(tmp_path / "in", 8_000, 200), tmp_path / "out"
    settings = [*overrides(given)[:-1], "job.inference.batch_size=100", "execution.checkpoint_interval=200ms"]

    def start(*options: str) -> subprocess.Popen[bytes]:
        return start_run(given.config, given.events, output, settings, *options)

    kill_once(lambda: list(output.glob(".checkpoints/*/chk-*/_metadata")), start(), output)
    assert start("--resume").wait(WAIT_S) == 0, (tmp_path / "log").read_text()
    whole = run_job(given.config, given.events, tmp_path / "whole", overrides=settings)
    assert json.loads((output / "summary.json").read_text("utf-8"))["labels"] == given.counts == whole.summary.labels
    assert records(output)[-1] == records(whole.output)[-1]


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
