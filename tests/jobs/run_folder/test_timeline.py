from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jobs.errors import JobError
from jobs.run_folder.timeline import Point, Timeline, read_timeline


def _point(second: int) -> Point:
    return Point(seconds=float(second), rows=10 * second, alerts=second, dead_letters=0)


def test_points_are_read_as_they_were_written(tmp_path: Path) -> None:
    timeline = Timeline(tmp_path / "timeline.jsonl")
    for second in range(1, 4):
        timeline.add(_point(second))
        assert read_timeline(tmp_path)[-1] == _point(second)
    timeline.close(_point(9))
    assert read_timeline(tmp_path) == [_point(second) for second in (1, 2, 3, 9)]


def test_run_without_end_keeps_a_bounded_file(tmp_path: Path) -> None:
    path = tmp_path / "timeline.jsonl"
    timeline = Timeline(path, limit=20)
    lengths = []
    for second in range(1_000):
        timeline.add(_point(second))
        lengths.append(len(read_timeline(tmp_path)))
    timeline.close(_point(1_000))
    seconds = [point.seconds for point in read_timeline(tmp_path)]
    assert max(lengths) < 20
    assert min(lengths[20:]) >= 10
    gaps = set(np.diff(seconds[:-1]).tolist())
    assert (seconds[0], seconds[-1], gaps) == (0, 1_000, {64.0})
    assert [each.name for each in tmp_path.iterdir()] == ["timeline.jsonl"]


def test_timeline_of_an_earlier_run_is_replaced(tmp_path: Path) -> None:
    Timeline(tmp_path / "timeline.jsonl").add(_point(1))
    Timeline(tmp_path / "timeline.jsonl").close(_point(2))
    assert read_timeline(tmp_path) == [_point(2)]


def test_run_without_timeline_has_no_points(tmp_path: Path) -> None:
    assert read_timeline(tmp_path) == []


@pytest.mark.parametrize("line", ["{", '{"seconds": 1}', "7"])
def test_line_that_is_no_point_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "timeline.jsonl").write_text(_point(1).line() + line + "\n")
    with pytest.raises(JobError, match=r"timeline\.jsonl line 2: expected seconds, rows, alerts and dead_letters"):
        read_timeline(tmp_path)
