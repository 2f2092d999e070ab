"""Labels in other clothes, whose ids are texts: each prediction gets the same label."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.support.job_runs import read_parts, run_job
from tests.support.label_inputs import BAD, Input, check_last_record, make_input, overrides

TEXT_IDS = "job.events.fields.TRANSACTION_ID={type: string}"


def text_id(number: object) -> str:
    return f"tx \u00fc {number}"


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Input:
    """Events and labels whose ids are texts, with letters of more than one byte."""
    made = make_input(tmp_path_factory.mktemp("labels") / "in", 3_000, 100)
    events = map(json.loads, made.events.read_text("utf-8").splitlines())
    lines = [json.dumps(event | {"TRANSACTION_ID": text_id(event["TRANSACTION_ID"])}) for event in events]
    made.events.write_text("\n".join(lines) + "\n", "utf-8")
    pairs = made.pairs.assign(tx=made.pairs["tx"].map(text_id))
    return Input(made.folder, made.config, pairs, made.counts)


@pytest.fixture(scope="module")
def labels(given: Input) -> pd.DataFrame:
    lines = [line for line in (given.folder / "labels.jsonl").read_text("utf-8").splitlines() if line not in BAD]
    found = pd.DataFrame(map(json.loads, lines))
    return found.assign(tx=found["tx"].map(text_id))


def as_csv(rows: pd.DataFrame, path: Path) -> None:
    rows.to_csv(path, index=False)


def as_parquet(rows: pd.DataFrame, path: Path) -> None:
    rows.assign(at=pd.to_datetime(rows["at"], unit="ms")).to_parquet(path, index=False, row_group_size=500)


@pytest.mark.parametrize(
    ("name", "write", "profile"),
    [("labels.csv", as_csv, "latency"), ("labels.parquet", as_parquet, "throughput")],
    ids=["csv in the latency profile", "parquet"],
)
def test_each_prediction_has_its_label(
    name: str,
    write: Callable[[pd.DataFrame, Path], None],
    profile: str,
    given: Input,
    labels: pd.DataFrame,
    tmp_path: Path,
) -> None:
    write(labels, tmp_path / name)
    chosen = overrides(given, source=f"path: {tmp_path / name}", id_type="string")
    run = run_job(
        given.config, given.events, tmp_path / "out", overrides=[*chosen, TEXT_IDS, f"execution.profile={profile}"]
    )
    assert run.summary.labels == given.counts
    check_last_record(run.output, run.predictions, given.pairs)
    unmatched = read_parts(run.output / "unmatched")
    orphans = unmatched.loc[unmatched["outcome"] == "orphan", "id"]
    assert set(orphans) == set(labels.loc[~labels["tx"].isin(run.predictions["event_id"]), "tx"])
