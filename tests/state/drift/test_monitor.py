from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conf.drift import DriftSettings
from state.drift.monitor import DriftMonitor
from state.drift.records import is_change
from state.drift.rows import SampledRows
from tests.state.drift.sampled import BASELINE, LEAST_ROWS, WIDTH_MS, PackedStore, open_windows, rows_at, taken

ROWS = 600
BEFORE_ALL = -(2**63)
SEQUENTIAL: dict[str, dict[str, Any]] = {
    "adwin": {"detector": "adwin", "delta": 0.05},
    "page_hinkley": {"detector": "page_hinkley", "threshold": 5, "tolerance": 0.1},
}
EACH = pytest.mark.parametrize("detector", SEQUENTIAL)


def open_monitor(detector: str | None, store: PackedStore | None = None) -> DriftMonitor:
    given = {"sequential": SEQUENTIAL[detector]} if detector else {}
    plain = {"enabled": True, "window": f"{WIDTH_MS}ms", "min_rows": LEAST_ROWS, "sample": 1, **given}
    return DriftMonitor(DriftSettings.model_validate(plain), PackedStore() if store is None else store)


def moved(seed: int = 1) -> SampledRows:
    """Rows of three seconds, in order, whose amounts and scores rise half-way; some share their time."""
    times = np.sort(np.random.default_rng(seed).integers(0, 3000, ROWS))
    rows = rows_at(times, seed=seed)
    rows.matrix[ROWS // 2 :, 0] += 2
    rows.scores[ROWS // 2 :] = 1 - (1 - rows.scores[ROWS // 2 :]) / 4
    return rows


def in_steps(monitor: DriftMonitor, rows: SampledRows, parts: list[np.ndarray]) -> list[dict[str, Any]]:
    """Records of rows that one task sends in parts, in the order of time."""
    found, watermark = [], BEFORE_ALL
    for number, chosen in enumerate(parts):
        found += monitor.advance(watermark)
        sent = taken(rows, chosen)
        found += monitor.add(SampledRows(**{**vars(sent), "baseline": None if number else BASELINE}))
        watermark = int(sent.times_ms.max()) - 1
    return [*found, *monitor.finish()]


def changes(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record for record in records if is_change(record)]


def test_without_a_detector_the_records_are_those_of_the_windows() -> None:
    rows, windows = moved(), open_windows()
    records = in_steps(open_monitor(None), rows, np.array_split(np.arange(ROWS), 7))
    assert records == [*windows.add(rows), *windows.finish()]
    assert changes(records) == []


@EACH
def test_changes_come_between_the_windows_in_the_order_of_time(detector: str) -> None:
    rows = moved()
    records = in_steps(open_monitor(detector), rows, np.array_split(np.arange(ROWS), 7))
    found = changes(records)
    named = {(record["findings"][0]["role"], record["findings"][0]["name"]) for record in found}
    assert {("feature", "amount"), ("score", "prediction")} <= named
    assert ("feature", "code") not in named
    ends = [record["window_end"] for record in records]
    assert ends == sorted(ends)
    windows = open_windows()
    assert [record for record in records if record not in found] == [*windows.add(rows), *windows.finish()]
    for record in found:
        (finding,) = record["findings"]
        assert (finding["measure"], finding["p"], finding["q"], finding["is_drift"]) == (detector, None, None, True)
        assert record["score"] == finding["score"]
        assert record["window_start"] < record["window_end"]
        assert list(record) == list(records[-1])


@EACH
@given(st.integers(0, 2**16), st.integers(1, 4))
@settings(max_examples=15, deadline=None)
def test_neither_tasks_nor_batches_change_a_record(detector: str, seed: int, tasks: int) -> None:
    rows = moved(seed)
    rng = np.random.default_rng(seed)
    owner = rng.integers(0, tasks, ROWS)
    queues = {task: np.array_split(np.flatnonzero(owner == task), rng.integers(1, 9)) for task in range(tasks)}
    latest = dict.fromkeys(range(tasks), BEFORE_ALL)
    monitor, found = open_monitor(detector), []
    while queues:
        # Mostly the task that is ahead of the others already.
        task = min(queues) if rng.random() < 0.7 else int(rng.choice([*queues]))
        chosen = queues[task].pop(0)
        found += monitor.advance(min(latest.values()))
        if len(chosen):
            found += monitor.add(SampledRows(**{**vars(taken(rows, rng.permutation(chosen))), "baseline": BASELINE}))
            latest[task] = int(rows.times_ms[chosen].max()) - 1
        if not queues[task]:
            del queues[task]
            latest[task] = 2**63 - 1
    found += monitor.finish()
    assert found == in_steps(open_monitor(detector), rows, [np.arange(ROWS)])
    assert changes(found)


@EACH
@pytest.mark.parametrize("restored_before", [0, 1, 4, 5, 8])
def test_restored_monitor_goes_on_as_if_it_had_never_stopped(detector: str, restored_before: int) -> None:
    rows = moved()
    parts = [taken(rows, chosen) for chosen in np.array_split(np.arange(ROWS), 9)]
    parts[0] = SampledRows(**{**vars(parts[0]), "baseline": BASELINE})

    def run(restored_before: int | None) -> tuple[list[list[dict[str, Any]]], dict[str, bytes]]:
        store = PackedStore()
        monitor, found = open_monitor(detector, store), []
        for number, part in enumerate(parts):
            if number == restored_before:
                store = PackedStore(store.content)
                monitor = open_monitor(detector, store)
            # Behind the latest rows, so that some wait while the store is copied.
            found.append([*monitor.advance(int(part.times_ms.min()) - 100), *monitor.add(part)])
        kept = dict(store.content)
        return [*found, monitor.finish()], kept

    uninterrupted = run(None)
    assert run(restored_before) == uninterrupted
    assert changes([record for records in uninterrupted[0] for record in records])


@EACH
def test_store_of_windows_alone_is_a_good_start_for_detectors(detector: str) -> None:
    rows = moved()
    first, rest = np.array_split(np.arange(ROWS), [200])
    store = PackedStore()
    before = open_monitor(None, store)
    before.add(SampledRows(**{**vars(taken(rows, first)), "baseline": BASELINE}))
    assert {key.partition(" ")[0] for key in store.content} == {"baseline", "pane"}
    after = open_monitor(detector, PackedStore(store.content))
    records = [*after.add(taken(rows, rest)), *after.finish()]
    windows = open_windows()
    assert [each for each in records if not is_change(each)] == [*windows.add(rows), *windows.finish()]
    assert changes(records)
    assert min(record["window_start"] for record in changes(records)) >= "1970-01-01T00:00:00.9"


def test_store_with_detectors_is_a_good_start_without_them() -> None:
    rows = moved()
    first, rest = np.array_split(np.arange(ROWS), [400])
    store = PackedStore()
    before = open_monitor("adwin", store)
    before.add(SampledRows(**{**vars(taken(rows, first)), "baseline": BASELINE}))
    after, windows = open_monitor(None, PackedStore(store.content)), open_windows()
    assert [*after.add(taken(rows, rest)), *after.finish()] == [*windows.add(rows), *windows.finish()]


@EACH
def test_detectors_that_were_off_start_anew(detector: str) -> None:
    rows = moved()
    first, second, third = np.array_split(np.arange(ROWS), [150, 160])
    store = PackedStore()
    before = open_monitor(detector, store)
    before.add(SampledRows(**{**vars(taken(rows, first)), "baseline": BASELINE}))
    before.advance(int(rows.times_ms[100]))
    assert {key.split()[0] for key in store.content} >= {"ahead", "streams"}
    open_monitor(None, store).add(taken(rows, second))
    assert not {key.split()[0] for key in store.content} & {"ahead", "streams"}
    after, fresh = open_monitor(detector, PackedStore(store.content)), open_monitor(detector)
    fresh.add(SampledRows(**{**vars(taken(rows, third)), "baseline": BASELINE}))
    after.add(taken(rows, third))
    assert changes(after.finish()) == changes(fresh.finish()) != []


def test_another_baseline_ends_the_streams_of_the_old_one() -> None:
    other = {**BASELINE, "columns": [{**BASELINE["columns"][0], "edges": [0.0], "counts": [9, 9], "missing": 1}]}
    other["columns"] += BASELINE["columns"][1:]
    rows, store = moved(), PackedStore()
    monitor = open_monitor("page_hinkley", store)
    monitor.add(SampledRows(**{**vars(rows), "baseline": BASELINE}))
    ended = monitor.add(rows_at([4000], baseline=other))
    golden = in_steps(open_monitor("page_hinkley"), rows, [np.arange(ROWS)])
    assert ended == golden
    assert changes(ended)
    assert "streams m@1.0.0" not in store.content


@EACH
def test_rows_behind_the_watermark_are_looked_at_with_the_next(detector: str) -> None:
    rows, store = moved(), PackedStore()
    monitor = open_monitor(detector, store)
    late = np.arange(290, 310)
    monitor.add(SampledRows(**{**vars(taken(rows, np.delete(np.arange(ROWS), late))), "baseline": BASELINE}))
    found = changes(monitor.advance(2999))
    monitor.add(taken(rows, late))
    found += changes(monitor.finish())
    looked_at = store.get("streams m@1.0.0")["streams"]["score:prediction"]["rows"]
    assert looked_at + sum(each["rows"] for each in found if each["findings"][0]["role"] == "score") == ROWS
