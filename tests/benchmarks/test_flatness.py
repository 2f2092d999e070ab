"""The window of a benchmark's job holds the events that it is to hold."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.rows import line
from benchmarks.windows.flatness import GAP_MS, USERS, write_config
from conf.loading.loader import load_settings
from udfs.features.feature_set import compile_feature_set


def test_window_spans_as_many_events_of_a_user(tmp_path: Path) -> None:
    job = load_settings(write_config(tmp_path / "job.yaml", 100), environ={}).job
    assert job is not None
    (spec,) = compile_feature_set(job.features, job.events).windows
    lines = [json.loads(line(row, [0.0] * 20, users=USERS, gap_ms=GAP_MS)) for row in range(200 * USERS)]
    times = [each["time"] for each in lines if each["user"] == lines[0]["user"]]
    assert sum(times[150] - spec.window_s * 1000 < time <= times[150] for time in times) == 100
