from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from state.drift.rows import SampledRows
from tests.state.drift.record_golden import baseline_document, check_record
from tests.state.drift.sampled import BASELINE, LEAST_ROWS, PackedStore, comparable, open_windows, rows_at, taken

TASKS = 4
ALPHA = 0.05
BEFORE_ALL = -(2**63)  # the watermark of a task that has sent nothing


def times_of(seed: int, count: int = 240, seconds: int = 5) -> np.ndarray:
    """Event times in order, some of them shared."""
    return np.sort(np.random.default_rng(seed).integers(0, 1000 * seconds, count))


def judged_at_once(rows: SampledRows) -> list[dict[str, Any]]:
    windows = open_windows()
    return [*windows.add(rows), *windows.finish()]


@given(st.integers(0, 2**16), st.data())
@settings(max_examples=40)
def test_tasks_in_any_order_say_what_one_says(seed: int, data: st.DataObject) -> None:
    rows = rows_at(times_of(seed), seed=seed)
    rng = np.random.default_rng(seed)
    owner = rng.integers(0, TASKS, len(rows.times_ms))
    ahead = data.draw(st.permutations(range(TASKS)))
    queues = {task: np.array_split(np.flatnonzero(owner == task), rng.integers(1, 9)) for task in range(TASKS)}
    latest = dict.fromkeys(range(TASKS), BEFORE_ALL)
    told: set[int] = set()
    windows, found = open_windows(), []
    while queues:
        # Mostly the task that is ahead of the others already.
        task = next(each for each in ahead if each in queues) if rng.random() < 0.7 else int(rng.choice([*queues]))
        chosen = queues[task].pop(0)
        found += windows.advance(min(latest.values()))
        if len(chosen):
            sent = taken(rows, chosen)
            baseline = None if task in told else BASELINE
            told.add(task)
            found += windows.add(SampledRows(**{**vars(sent), "baseline": baseline}))
            latest[task] = int(sent.times_ms.max()) - 1
        if not queues[task]:
            del queues[task]
            latest[task] = 2**63 - 1
    found += windows.finish()
    assert comparable(found) == comparable(judged_at_once(rows))
    assert [record["window_start"] for record in found] == sorted(record["window_start"] for record in found)


@pytest.mark.parametrize("restored_before", [0, 1, 3, 6, 9])
def test_restored_store_goes_on_as_if_nothing_had_happened(restored_before: int) -> None:
    rows = rows_at(times_of(1), seed=1)
    parts = [taken(rows, chosen) for chosen in np.array_split(np.arange(len(rows.times_ms)), 9)]
    parts[0] = SampledRows(**{**vars(parts[0]), "baseline": BASELINE})

    def run(restored_before: int | None) -> list[list[dict[str, Any]]]:
        store = PackedStore()
        windows, found = open_windows(store), []
        for number, part in enumerate([*parts, None]):
            if number == restored_before:
                copied = PackedStore(store.content)
                store.content.clear()
                windows = open_windows(copied)
            if part is None:
                found.append(windows.finish())
            else:
                found.append([*windows.advance(int(part.times_ms.min()) - 1), *windows.add(part)])
        return found

    uninterrupted = run(None)
    assert run(restored_before) == uninterrupted
    assert sum(map(len, uninterrupted)) == 5


@given(st.lists(st.tuples(st.integers(-3000, 9000), st.integers(1, 40), st.integers(-4000, 9000)), max_size=12))
def test_every_row_counts_once_whatever_comes_when(steps: list[tuple[int, int, int]]) -> None:
    windows, found, added = open_windows(), [], 0
    for number, (time, count, watermark) in enumerate(steps):
        found += windows.advance(watermark)
        found += windows.add(rows_at(np.arange(time, time + 100 * count, 100), seed=number))
        added += count
    found += windows.finish()
    assert sum(record["rows"] for record in found) == added
    assert windows.finish() == []
    starts = [record["window_start"] for record in found]
    assert len(set(starts)) == len(starts)


def test_rows_behind_a_judged_window_count_in_the_oldest_that_is_open() -> None:
    windows = open_windows()
    windows.add(rows_at([100, 2500]))
    (first,) = windows.advance(1999)
    assert (first["window_start"], first["rows"]) == ("1970-01-01T00:00:00.000Z", 1)
    windows.add(rows_at([300, 1999, 3100]))
    found = windows.finish()
    assert [(record["window_start"][-7:], record["rows"]) for record in found] == [("02.000Z", 3), ("03.000Z", 1)]


def test_window_ends_with_the_last_instant_in_it() -> None:
    windows = open_windows()
    windows.add(rows_at([0, 999, 1000]))
    assert windows.advance(998) == []
    (record,) = windows.advance(999)
    assert (record["rows"], record["window_end"]) == (2, "1970-01-01T00:00:01.000Z")
    assert windows.advance(999) == windows.advance(-5) == []


@pytest.mark.parametrize("rows", [LEAST_ROWS - 1, LEAST_ROWS])
def test_window_with_few_rows_is_reported_and_not_judged(rows: int) -> None:
    (record,) = judged_at_once(rows_at(np.arange(rows)))
    assert record["rows"] == rows
    is_judged = rows == LEAST_ROWS
    assert (record["score"] is not None, bool(record["findings"])) == (is_judged, is_judged)
    assert record["quality"] is not None


def test_each_version_has_windows_of_its_own() -> None:
    first, second = rows_at(times_of(2), seed=2), rows_at(times_of(3), seed=3, version="2.0.0")
    windows = open_windows()
    found = []
    for half in (slice(0, 120), slice(120, 240)):
        for rows in (first, second):
            part = taken(rows, np.arange(240)[half])
            found += windows.add(SampledRows(**{**vars(part), "baseline": BASELINE}))
    found += windows.finish()
    assert comparable(found) == comparable([*judged_at_once(first), *judged_at_once(second)])
    assert [record["version"] for record in found[:2]] == ["1.0.0", "2.0.0"]


def test_name_with_an_at_sign_is_kept() -> None:
    (record,) = judged_at_once(rows_at([1], model="a@b c"))
    assert (record["model"], record["version"]) == ("a@b c", "1.0.0")


def test_another_baseline_ends_what_was_counted_with_the_old_one() -> None:
    other = {**BASELINE, "columns": [{**BASELINE["columns"][0], "edges": [0.0], "counts": [9, 9], "missing": 1}]}
    other["columns"] += BASELINE["columns"][1:]
    windows = open_windows()
    windows.add(rows_at([1, 2, 1500]))
    assert windows.add(rows_at([3, 4], version="2.0.0")) == []
    assert windows.add(rows_at([5])) == []
    ended = windows.add(rows_at(np.arange(40), baseline=other, seed=5))
    assert [(record["window_start"][-7:], record["rows"], record["version"]) for record in ended] == [
        ("00.000Z", 3, "1.0.0"),
        ("01.000Z", 1, "1.0.0"),
    ]
    ours, theirs = windows.finish()
    assert (theirs["version"], theirs["rows"]) == ("2.0.0", 2)
    rows = rows_at(np.arange(40), seed=5)
    check_record(ours, other, [*rows.matrix.T, rows.scores], rows.labels)


def test_rows_of_a_version_whose_baseline_never_came_say_nothing() -> None:
    windows = open_windows()
    assert windows.add(rows_at([1, 2], baseline=None)) == windows.finish() == []


def test_records_are_the_figures_of_their_rows() -> None:
    rows = rows_at(times_of(4, count=900), seed=4)
    found = judged_at_once(rows)
    assert len(found) == 5
    for record, start in zip(found, range(0, 5000, 1000), strict=True):
        is_in = (rows.times_ms >= start) & (rows.times_ms < start + 1000)
        check_record(record, BASELINE, [*rows.matrix[is_in].T, rows.scores[is_in]], rows.labels[is_in])


def test_without_outcomes_there_is_no_quality() -> None:
    rows = rows_at(np.arange(100), labels=np.full(100, np.nan))
    (record,) = judged_at_once(rows)
    assert record["quality"] is None


def test_scores_that_stopped_to_mean_what_they_say_are_concept_drift() -> None:
    rows = rows_at(np.arange(400))
    (before,) = judged_at_once(rows)
    wrong = np.where(np.isnan(rows.labels), np.nan, 1 - rows.labels)
    (after,) = judged_at_once(SampledRows(**{**vars(rows), "labels": wrong}))
    assert (before["quality"]["is_drift"], before["quality"]["score"]) == (False, 0)
    assert after["quality"]["is_drift"]
    assert after["quality"]["score"] > 0.8
    assert not after["is_drift"]


@pytest.mark.parametrize("time", [-62_135_596_800_000, 253_402_300_799_999], ids=["year 1", "year 9999"])
def test_window_at_the_end_of_the_calendar_is_written(time: int) -> None:
    windows = open_windows(window="7d")
    windows.add(rows_at([time]))
    (record,) = windows.finish()
    assert record["rows"] == 1
    assert record["window_start"][:4] in {"0001", "9999"}


class TestTwentyFeatures:
    """Windows of the size that jobs have, in batches."""

    names = tuple(f"f{number}" for number in range(20))

    def rows(self, rng: np.random.Generator, count: int) -> SampledRows:
        matrix = rng.normal(size=(count, 20)).astype(np.float32)
        no_outcomes = np.full(count, np.nan)
        return SampledRows("m", "1", np.zeros(count, np.int64), matrix, rng.beta(1, 20, count), no_outcomes)

    def baseline(self, rng: np.random.Generator, count: int) -> dict[str, Any]:
        rows = self.rows(rng, count)
        return baseline_document(rows.matrix, self.names, rows.scores, cells=20)

    def judged(self, baseline: dict[str, Any], rows: SampledRows) -> dict[str, Any]:
        windows = open_windows(alpha=ALPHA)
        for start in range(0, len(rows.scores), 50_000):
            part = taken(rows, np.arange(start, min(start + 50_000, len(rows.scores))))
            windows.add(SampledRows(**{**vars(part), "baseline": baseline}))
        (record,) = windows.finish()
        assert record["rows"] == len(rows.scores)
        return record

    def test_quarter_deviation_in_one_of_200_000_rows_is_found_and_named(self) -> None:
        rng = np.random.default_rng(5)
        rows = self.rows(rng, 200_000)
        rows.matrix[:, 7] += 0.25
        record = self.judged(self.baseline(rng, 100_000), rows)
        assert record["findings"][0]["name"] == "f7"
        assert [finding["name"] for finding in record["findings"] if finding["is_drift"]] == ["f7"]
        # A shift by d is a stability index of d².
        assert record["score"] == pytest.approx(1 - 5 ** (-(0.25**2) / 0.25), abs=0.01)

    @pytest.mark.parametrize(("size", "repeats"), [(200, 200), (200_000, 5)])
    def test_windows_without_drift_alarm_no_more_than_stated(self, size: int, repeats: int) -> None:
        rng = np.random.default_rng(6)
        baseline = self.baseline(rng, 100_000)
        alarms = sum(self.judged(baseline, self.rows(rng, size))["is_drift"] for _ in range(repeats))
        assert alarms <= stats.binom.ppf(0.99, repeats, ALPHA)
