from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.errors import JobError
from jobs.run_folder.progress import Progress
from jobs.run_folder.row_counts import Counts, FolderCounter
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
        (
            Counts(60, 1, 20, 12.0, start_s=10.0, rows_before=20, predictions=40),
            None,
            "60 rows, 20 rows/s, 40 predictions, 1 alerts, 20 dead letters, 12 s",
        ),
    ],
    ids=["no input", "start", "start, total unknown", "on its way", "total unknown", "goes on"],
)
def test_counts_say_how_far_a_run_is(counts: Counts, total: int | None, text: str) -> None:
    assert counts.text(total) == text


class _Counter:
    """A counter whose figures a test sets."""

    def __init__(self) -> None:
        self.found = {"predictions": 0, "alerts": 0, "dead_letters": 0}
        self.is_written = False
        self.is_down = False

    def poll(self) -> dict[str, int]:
        if self.is_down:
            subject, problem = "job.sink.kafka", "cannot count the rows"
            raise JobError(subject, problem)
        return dict(self.found)

    def has_grown(self) -> bool:
        return self.is_written


class _Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _progress(
    folder: Path, show: Callable[[Counts], None] = lambda counts: None, *, interval_s: float = 0.001
) -> Progress:
    return Progress(folder, FolderCounter(folder, "predictions"), show, interval_s=interval_s)


def test_the_rate_begins_with_the_first_row_that_was_written(tmp_path: Path) -> None:
    counter, clock = _Counter(), _Clock()
    counter.found["predictions"] = 7
    with Progress(tmp_path, counter, lambda counts: None, interval_s=60, clock=clock) as progress:
        clock.now += 10
        progress.counts()
        # A row in an open transaction is written, and is counted later.
        counter.is_written = True
        clock.now += 2
        progress.counts()
        counter.found = {"predictions": 25, "alerts": 1, "dead_letters": 2}
        clock.now += 3
        found = progress.counts()
    assert (found.rows, found.rows_before, found.start_s, found.seconds) == (27, 7, 10, 15)
    assert (found.rows_per_s, found.rows_per_s_from_first) == (20 / 15, 20 / 5)


def test_counts_that_cannot_be_had_are_those_before(tmp_path: Path) -> None:
    counter = _Counter()
    with Progress(tmp_path, counter, lambda counts: None, interval_s=60) as progress:
        counter.found["predictions"] = 5
        known = progress.counts()
        counter.is_down = True
        assert progress.counts() == known
        assert str(progress.problem) == "job.sink.kafka: cannot count the rows"
        counter.is_down = False
        assert progress.counts().rows == 5
        assert progress.problem is None


def test_an_interrupted_run_shows_its_counts(tmp_path: Path) -> None:
    counter, shown = _Counter(), []
    progress = Progress(tmp_path, counter, shown.append, interval_s=60).__enter__()
    counter.found["predictions"] = 5
    progress.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert [counts.rows for counts in shown] == [5]


def test_rows_are_those_scored_and_those_given_up(tmp_path: Path) -> None:
    for name, lines in (("predictions", 5), ("alerts", 2), ("dead_letters", 3)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "part-0").write_text("x\n" * lines)
    with _progress(tmp_path, interval_s=60) as progress:
        found = progress.counts()
    assert (found.rows, found.predictions, found.alerts, found.dead_letters) == (8, 5, 2, 3)


def test_counts_are_shown_until_the_run_ends(tmp_path: Path) -> None:
    is_shown = threading.Event()
    shown: list[Counts] = []

    def show(counts: Counts) -> None:
        shown.append(counts)
        is_shown.set()

    with _progress(tmp_path, show):
        assert is_shown.wait(timeout=120)
    count = len(shown)
    assert shown[0].rows == 0
    assert len(shown) == count


def test_run_that_fails_ends_the_watch(tmp_path: Path) -> None:
    before = threading.active_count()
    with (
        pytest.raises(RuntimeError, match="failed"),
        _progress(tmp_path, interval_s=60),
    ):
        raise RuntimeError("failed")  # noqa: EM101
    assert threading.active_count() == before


def test_counts_are_kept_to_the_last(tmp_path: Path) -> None:
    is_shown = threading.Event()
    with _progress(tmp_path, lambda counts: is_shown.set()):
        assert is_shown.wait(timeout=120)
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
        _progress(tmp_path, interval_s=60),
    ):
        raise RuntimeError("failed")  # noqa: EM101
    assert [(point.rows, point.dead_letters) for point in read_timeline(tmp_path)] == [(1, 1)]


def test_output_that_cannot_be_written_does_not_end_the_count(tmp_path: Path) -> None:
    shown = threading.Semaphore(0)

    def show(counts: Counts) -> None:
        shown.release()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with _progress(tmp_path, show):
        assert all(shown.acquire(timeout=60) for _ in range(3))
    assert len(read_timeline(tmp_path)) > 2
