"""A job whose features need no window: lines to predictions in one step, in any order."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.support.crafted_input import LATE, UNDECODABLE, CraftedInput, as_bytes
from tests.support.fraud_config import STATELESS, write_fraud_config
from tests.support.job_runs import JobRun, run_job
from tests.support.sample_models import sigmoid
from tests.support.small_model import BIAS, WEIGHTS, write_model


@pytest.fixture(scope="module")
def stateless_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings with a model that names its classes and gives the probability of each."""
    folder = tmp_path_factory.mktemp("stateless")
    model = write_model(folder / "model", width=len(STATELESS), has_classes=True)
    return write_fraud_config(folder, features=STATELESS, model=model)


@pytest.fixture(scope="module")
def stateless_run(stateless_config: Path, crafted_file: Path) -> JobRun:
    return run_job(stateless_config, crafted_file, stateless_config.parent / "batches")


@pytest.fixture(scope="module")
def latency_run(stateless_config: Path, crafted_file: Path) -> JobRun:
    overrides = ["execution.profile=latency"]
    return run_job(stateless_config, crafted_file, stateless_config.parent / "rows", overrides=overrides)


def test_every_line_ends_in_one_place(stateless_run: JobRun, crafted: CraftedInput) -> None:
    assert stateless_run.summary.events == len(crafted.lines)
    assert stateless_run.summary.adds_up
    assert not stateless_run.predictions["event_id"].duplicated().any()


def test_scores_are_those_of_the_features(stateless_run: JobRun, crafted: CraftedInput) -> None:
    rows = crafted.rows[crafted.rows["TX_AMOUNT"] > 0].sort_values("TRANSACTION_ID")
    moments = pd.to_datetime(rows["TX_DATETIME"], unit="ms")
    features = np.column_stack([rows["TX_AMOUNT"], moments.dt.dayofweek >= 5, moments.dt.hour < 7])
    wanted = sigmoid(features @ WEIGHTS[:3].astype(float) + BIAS.astype(float)).ravel()
    found = stateless_run.predictions
    found = found[found["event_id"] != 1_000_000]
    assert found["event_id"].tolist() == rows["TRANSACTION_ID"].tolist()
    np.testing.assert_allclose(found["prediction"], wanted, rtol=1e-5)


def test_dead_letters_are_those_of_the_windowed_job_but_for_the_late_row(
    stateless_run: JobRun, crafted_run: JobRun
) -> None:
    wanted = dict(crafted_run.summary.reasons)
    assert wanted.pop("late") == 1
    assert stateless_run.summary.reasons == wanted
    assert LATE.text not in set(stateless_run.dead_letters["value"])


def test_every_dead_letter_has_its_raw_line(stateless_run: JobRun, crafted: CraftedInput) -> None:
    letters = stateless_run.dead_letters
    bad = {line.text: line for line in crafted.bad}
    assert set(letters["value"]) <= {bad[line].value if line in bad else line for line in crafted.lines}
    assert letters.loc[letters["encoding"] == "base64", "value"].tolist() == [UNDECODABLE.value]
    assert set(letters["operator"]) == {"fraud-detection/score"}


def test_predictions_say_the_probability_of_each_class(stateless_run: JobRun) -> None:
    found = stateless_run.predictions
    np.testing.assert_allclose(np.stack(found["scores"].to_list()).sum(axis=1), 1, rtol=1e-6)
    assert [pair[1] for pair in found["scores"]] == found["prediction"].tolist()
    assert (found["label"] == np.where(found["prediction"] >= 0.5, "fraud", "honest")).all()


def test_latency_profile_gives_the_same_rows(stateless_run: JobRun, latency_run: JobRun) -> None:
    found, wanted = (run.predictions.drop(columns="latency_us") for run in (latency_run, stateless_run))
    pd.testing.assert_frame_equal(found, wanted, check_exact=True, check_like=True)
    assert latency_run.summary.reasons == stateless_run.summary.reasons


_LAYOUTS = {
    "several": (
        "in a folder, 100 %/it's a (b).jsonl",
        "in a folder, 100 %/part[2].jsonl.gz",
        "in a folder, 100 %/c+$.jsonl",
    ),
    "two folders": ("x/a.jsonl", "x/b.jsonl", "y/a.jsonl"),
    "hidden": (".hidden/a.jsonl", ".hidden/b.jsonl.gz", ".hidden/c.jsonl"),
    "fewer than tasks": ("a.jsonl.gz",),
}


@pytest.mark.parametrize("layout", _LAYOUTS)
def test_how_lines_are_spread_over_files_changes_nothing(
    layout: str, stateless_run: JobRun, stateless_config: Path, crafted: CraftedInput, tmp_path: Path
) -> None:
    names = _LAYOUTS[layout]
    for index, name in enumerate(names):
        text = as_bytes("".join(f"{line}\n" for line in crafted.lines[index :: len(names)]))
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    (path.parent / "_other.jsonl").write_text("not read\n")
    source, overrides = _pattern(tmp_path / "in", names), ["execution.parallelism=2"]
    found = run_job(stateless_config, source, tmp_path / "100 % out", overrides=overrides)
    assert found.summary.adds_up
    assert found.summary.events == stateless_run.summary.events
    assert found.summary.reasons == stateless_run.summary.reasons
    columns = ["event_id", "prediction", "label", "scores", "event_time", "key"]
    wanted = stateless_run.predictions[columns].sort_values(columns[:2], ignore_index=True)
    pd.testing.assert_frame_equal(found.predictions[columns].sort_values(columns[:2], ignore_index=True), wanted)


def _pattern(root: Path, names: tuple[str, ...]) -> Path:
    folders = {str(Path(name).parent) for name in names}
    return root / folders.pop() if len(folders) == 1 else root / "*" / "*.jsonl"
