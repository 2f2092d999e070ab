"""Runs that end at once or fail, and the files they leave."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from jobs.errors import JobError
from jobs.runs.export import ExportResult, export_features
from jobs.runs.local_options import local_options
from jobs.runs.prepare import RunRequest
from tests.support.crafted_input import BAD_LINES, LATE, CraftedInput
from tests.support.fraud_config import FEATURES, expected_features
from tests.support.job_runs import JobRun, read_parts, run_job
from tests.support.small_disk import others, small_disk

AHEAD_ID = 77_777_778


@pytest.fixture(scope="module")
def exported(fraud_config: Path, crafted_file: Path, tmp_path_factory: pytest.TempPathFactory) -> ExportResult:
    target = tmp_path_factory.mktemp("exported") / "features.parquet"
    request = RunRequest("fraud-detection", target, str(crafted_file), fraud_config, environ={})
    return export_features(request, lambda counts, total: None)


def test_export_counts_every_line(exported: ExportResult, crafted: CraftedInput) -> None:
    assert exported.events == len(crafted.lines)
    assert exported.rows == len(crafted.rows)
    assert exported.dead_letters == len(crafted.bad)


def test_exported_features_equal_brute_force(exported: ExportResult, crafted: CraftedInput) -> None:
    table = pd.read_parquet(exported.path)
    rows = crafted.rows.sort_values(["TX_DATETIME", "TRANSACTION_ID"], ignore_index=True)
    assert table["TRANSACTION_ID"].tolist() == rows["TRANSACTION_ID"].tolist()
    wanted = pd.DataFrame(expected_features(rows), columns=list(FEATURES))
    pd.testing.assert_frame_equal(table[list(FEATURES)].astype("float32"), wanted)


def test_exported_file_names_its_features(exported: ExportResult) -> None:
    metadata = pq.read_schema(exported.path).metadata
    assert metadata[b"gress.feature_set"] == b"card-fraud"
    assert json.loads(metadata[b"gress.feature_columns"]) == list(FEATURES)
    assert len(metadata[b"gress.feature_set_hash"]) == 16


def test_export_keeps_its_dead_letters_beside_it(exported: ExportResult) -> None:
    letters = read_parts(exported.path.with_name("features.parquet.dead_letters"))
    assert sorted(letters["value"]) == sorted(line.value for line in (*BAD_LINES, LATE))


def test_export_leaves_nothing_else(exported: ExportResult) -> None:
    names = {path.name for path in exported.path.parent.iterdir()}
    assert names == {"features.parquet", "features.parquet.dead_letters"}


@pytest.mark.parametrize("windows", ["sliding", "sql"])
def test_one_event_of_the_future_does_not_make_the_others_late(
    windows: str, fraud_config: Path, crafted: CraftedInput, crafted_run: JobRun, tmp_path: Path
) -> None:
    """Once ahead of the clock, and once, in a file of the past, ahead of all other events."""
    lines = crafted.good_lines()
    soon = datetime.now(timezone.utc) + timedelta(hours=1)
    event = json.loads(lines[0]) | {"TRANSACTION_ID": 77_777_777, "TX_DATETIME": soon.isoformat(timespec="seconds")}
    ahead = event | {"TRANSACTION_ID": AHEAD_ID, "TX_DATETIME": "2021-01-01T00:00:00"}
    source = tmp_path / "in.jsonl"
    source.write_text("\n".join([*lines[:50], json.dumps(event), json.dumps(ahead), *lines[50:]]) + "\n")
    found = run_job(fraud_config, source, tmp_path / "out", overrides=[f"execution.windows={windows}"])
    assert found.summary.reasons["in_future"] == 1
    assert "late" not in found.summary.reasons
    assert found.summary.adds_up
    scores, expected = (
        dict(zip(run.predictions["event_id"], run.predictions["prediction"], strict=True))
        for run in (found, crafted_run)
    )
    assert scores.pop(AHEAD_ID) > 0
    assert scores == expected


def test_windows_of_sql_lose_no_event_of_times_before_1970(
    fraud_config: Path, crafted: CraftedInput, tmp_path: Path
) -> None:
    event = json.loads(crafted.good_lines()[0])
    times = ["0001-01-01T00:00:00", "1969-12-31T23:59:59.999", "1970-01-01T00:00:00", "1970-01-01T00:00:00.001"]
    old = [
        json.dumps(event | {"TRANSACTION_ID": number, "TX_DATETIME": time})
        for number, time in enumerate(times, AHEAD_ID)
    ]
    source = tmp_path / "in.jsonl"
    source.write_text("\n".join([*old, *crafted.good_lines()[:50]]) + "\n")
    overrides = ["execution.windows=sql", "job.events.max_jump=36500d"]
    found = run_job(fraud_config, source, tmp_path / "out", overrides=overrides)
    assert found.summary.adds_up
    assert found.summary.reasons["out_of_range"] == 3
    assert found.predictions["event_id"].tolist()[-1] == AHEAD_ID + 3
    letters = found.dead_letters
    expected = "field 'TX_DATETIME': expected a time after 1970-01-01T00:00:00Z with execution.windows: sql, got"
    wanted = {f"{expected} {time} ms" for time in (-62_135_596_800_000, -1, 0)}
    assert set(letters[letters["reason"] == "out_of_range"]["error"]) == wanted


def test_option_that_only_the_planner_reads_is_named(fraud_config: Path, crafted_file: Path, tmp_path: Path) -> None:
    overrides = ['execution.flink={"table.exec.source.idle-timeout": soon}']
    expected = "Flink option table.exec.source.idle-timeout: expected a value that Flink can read, got 'soon'"
    with pytest.raises(JobError, match=expected):
        run_job(fraud_config, crafted_file, tmp_path / "out", overrides=overrides)
    request = RunRequest("fraud-detection", tmp_path / "f", str(crafted_file), fraud_config, overrides, environ={})
    with pytest.raises(JobError, match=expected):
        export_features(request)


def test_full_disk_is_one_line_and_nothing_half_written_counts(
    fraud_config: Path, crafted_file: Path, crafted_run: JobRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a sink finds no room, and once the checkpoint at the end, which a run without it would wait for an hour."""

    def at_once(*given: Any, **options: Any) -> dict[str, str]:
        return {**local_options(*given, **options), "restart-strategy.type": "none"}

    for module in ("launch", "export"):
        monkeypatch.setattr(f"jobs.runs.{module}.local_options", at_once)
    one_line = r"\Ajob 'fraud-detection'[^\n]* failed while running: [^\n]*No space left on device[^\n]*\Z"
    with small_disk(tmp_path / "small", kib=64) as disk:
        request = RunRequest("fraud-detection", disk / "features.parquet", str(crafted_file), fraud_config, environ={})
        with pytest.raises(JobError, match=one_line):
            export_features(request, lambda counts, total: None)
        assert others(disk) == set()
    with small_disk(tmp_path / "disk", kib=_used_kib(crafted_run.output) + 8) as disk:
        with pytest.raises(JobError, match=one_line):
            run_job(fraud_config, crafted_file, disk / "out", overrides=["execution.checkpoint_interval=1h"])
        assert not (disk / "out" / "summary.json").exists()
        assert not list(disk.glob("out/*/part-*"))


def _used_kib(output: Path) -> int:
    """Room that the rows of a run take, in whole pages."""
    return sum(-(-part.stat().st_size // 4096) * 4 for part in output.glob("*/part-*"))
