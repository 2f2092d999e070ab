from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from jobs.run_folder.progress import Clock, Counts, Progress
from jobs.run_folder.timeline import read_timeline


@pytest.mark.parametrize(
    ("counts", "total", "text"),
    [
        (Counts(0, 0, 0, 0.0), 0, "0 of 0 rows (0 %), 0 rows/s, 0 alerts, 0 dead letters, 0 s"),
        (Counts(0, 0, 0, 12.4), 2_000, "starting Flink, 12 s; 2,000 rows to come"),
        (Counts(0, 0, 0, 12.4), None, "starting Flink or waiting for events, 12 s"),
        (
            Counts(1_500, 3, 20, 2.0),
            2_000,
            "1,500 of 2,000 rows (75 %), 750 rows/s, 3 alerts, 20 dead letters, 2 s",
        ),
        (Counts(10, 0, 0, 1.0), None, "10 rows, 10 rows/s, 0 alerts, 0 dead letters, 1 s"),
    ],
    ids=["no input", "start", "start, total unknown", "on its way", "total unknown"],
)
def test_counts_say_how_far_a_run_is(counts: Counts, total: int | None, text: str) -> None:
    assert counts.text(total) == text


def test_rows_are_those_scored_and_those_given_up(tmp_path: Path) -> None:
    for name, lines in (("predictions", 5), ("alerts", 2), ("dead_letters", 3)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "part-0").write_text("x\n" * lines)
    now = iter([10.0, 14.0, 15.0])
    with Progress(
        tmp_path, "predictions", lambda counts: None, interval_s=60, clock=lambda: next(now)
    ) as progress:
        assert progress.counts() == Counts(rows=8, alerts=2, dead_letters=3, seconds=4.0)


def test_counts_are_shown_until_the_run_ends(tmp_path: Path) -> None:
    is_shown = threading.Event()
    shown: list[Counts] = []

    def show(counts: Counts) -> None:
        shown.append(counts)
        is_shown.set()

    with Progress(tmp_path, "predictions", show, interval_s=0.001):
        assert is_shown.wait(timeout=30)
    count = len(shown)
    assert shown[0].rows == 0
    assert len(shown) == count


def test_run_that_fails_ends_the_watch(tmp_path: Path) -> None:
    before = threading.active_count()
    with (
        pytest.raises(RuntimeError, match="failed"),
        Progress(tmp_path, "rows", lambda counts: None, interval_s=60),
    ):
        raise RuntimeError("failed")  # noqa: EM101
    assert threading.active_count() == before


def test_counts_are_kept_to_the_last(tmp_path: Path) -> None:
    is_shown = threading.Event()
    with Progress(tmp_path, "predictions", lambda counts: is_shown.set(), interval_s=0.001):
        assert is_shown.wait(timeout=30)
        (tmp_path / "predictions").mkdir()
        (tmp_path / "predictions" / "part-0").write_text("x\n" * 7)
    points = read_timeline(tmp_path)
    assert points[0].rows == 0
    assert points[-1].rows == 7
    assert [point.seconds for point in points] == sorted(point.seconds for point in points)


def test_run_that_fails_keeps_how_far_it_came(tmp_path: Path) -> None:
    (tmp_path / "dead_letters").mkdir()
    (tmp_path / "dead_letters" / "part-0").write_text("x\n")
    with (
        pytest.raises(RuntimeError, match="failed"),
        Progress(tmp_path, "predictions", lambda counts: None, interval_s=60),
    ):
        raise RuntimeError("failed")  # noqa: EM101
    assert [(point.rows, point.dead_letters) for point in read_timeline(tmp_path)] == [(1, 1)]


def test_a_run_that_nobody_can_count_shows_its_time() -> None:
    shown: list[str] = []
    seen = threading.Event()

    def show(counts: Counts) -> None:
        shown.append(counts.text(None))
        seen.set()

    with Clock(show, interval_s=0.01):
        assert seen.wait(10)
    known = len(shown)
    assert shown[0] == "running for 0 s, rows go to Kafka"
    time.sleep(0.05)
    assert len(shown) == known
