"""Experiments in running jobs: who is assigned to what, and what shadows may not do."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.support.experiment_runs import SPLIT, overrides
from tests.support.experiments import xxh64
from tests.support.fraud_config import FEATURES, STATELESS, write_fraud_config
from tests.support.job_graph import rescaled_after
from tests.support.job_runs import JobRun, read_parts, run_job

KINDS = {"stateless": STATELESS, "windowed": FEATURES}


def by_hand(customers: pd.Series) -> list[str]:
    """The variant of each customer by an implementation of the hash that is not the product's."""
    ends = int(SPLIT["treatment"] / 100 * 2**64)
    return ["treatment" if xxh64(f"test.{customer}".encode()) < ends else "control" for customer in customers]


def answers(run: JobRun) -> list[str]:
    """The answers of a run to its rows, without their latencies."""
    return sorted(
        json.dumps(row, sort_keys=True) for row in run.predictions.drop(columns="latency_us").to_dict("records")
    )


@pytest.mark.parametrize(
    ("kind", "settings"),
    [("stateless", "throughput"), ("stateless", "latency"), ("windowed", "throughput"), ("windowed", "sql")],
)
def test_variants_are_the_same_in_every_way_to_run(
    kind: str, settings: str, crafted_file: Path, tmp_path: Path
) -> None:
    config = write_fraud_config(tmp_path, features=KINDS[kind])
    given = overrides(tmp_path, len(KINDS[kind]), SPLIT, has_shadows=True)
    how = "execution.windows=sql" if settings == "sql" else f"execution.profile={settings}"
    run = run_job(config, crafted_file, tmp_path / "out", overrides=[*given, how])
    rows = run.predictions
    assert run.summary.adds_up
    assert list(rows["variant"]) == by_hand(rows["key"])
    assert list(rows["version"]) == ["2.0.0" if variant == "control" else "3.0.0" for variant in rows["variant"]]
    assert list(rows["propensity"]) == [SPLIT[variant] / 100 for variant in rows["variant"]]
    compared = read_parts(run.output / "comparisons").sort_values("event_id", ignore_index=True)
    assert list(compared["event_id"]) == list(rows["event_id"])
    assert list(compared["variant"]) == list(rows["variant"])
    assert {tuple(pair) for pair in compared[["variant", "shadow"]].to_numpy()} == {
        ("control", "treatment"),
        ("treatment", "control"),
    }
    np.testing.assert_array_equal(compared["score_delta"], np.zeros(len(rows)))  # both are the same network
    assert compared["is_match"].all()


@pytest.mark.parametrize(("profile", "collects_ms"), [("latency", 500), ("throughput", 100)])
def test_single_events_do_not_wake_the_shadows(
    profile: str, collects_ms: int, crafted_file: Path, tmp_path: Path
) -> None:
    config = write_fraud_config(tmp_path, features=STATELESS)
    given = [*overrides(tmp_path, len(STATELESS), SPLIT, has_shadows=True), f"execution.profile={profile}"]
    assert rescaled_after(crafted_file, tmp_path / "out", config, given) == [collects_ms]


def test_shadows_that_go_wrong_change_nothing(crafted_file: Path, tmp_path: Path) -> None:
    config, width = write_fraud_config(tmp_path, features=STATELESS), len(STATELESS)
    weights = {"control": 100.0, "nan": 0.0, "failing": 0.0, "slow": 0.0, "good": 0.0}
    runs = {
        has_shadows: run_job(
            config,
            crafted_file,
            tmp_path / f"out-{has_shadows}",
            overrides=overrides(tmp_path, width, weights, has_shadows=has_shadows),
        )
        for has_shadows in (False, True)
    }
    assert answers(runs[True]) == answers(runs[False])
    assert not (runs[False].output / "comparisons").exists()
    compared = read_parts(runs[True].output / "comparisons")
    shadows = Counter(compared["shadow"])
    assert shadows["good"] == len(runs[True].predictions)
    assert {"nan", "failing"}.isdisjoint(shadows)
