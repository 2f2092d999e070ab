"""The keyed function of drift without the engine: its state, timers and lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from conf.drift import DriftSettings
from state.drift.records import is_change
from state.drift.rows import SampledRows
from state.process import MergeDrift
from tests.state.drift.sampled import BASELINE, PackedStore, rows_at, taken

BEFORE_ALL = -(2**63)


class KeyedStore(PackedStore):
    """State of a key: as in the engine, there is none to read before the first element."""

    has_key = False

    def get(self, key: str) -> Any:
        assert self.has_key
        return super().get(key)

    def keys(self) -> Iterator[str]:
        assert self.has_key
        return super().keys()


class Task:
    """The engine as a function sees it: keyed state, a watermark, timers, and the context of each call."""

    def __init__(self, store: KeyedStore) -> None:
        self.store, self.timers, self.watermark = store, set[int](), BEFORE_ALL

    def get_map_state(self, _: object) -> KeyedStore:
        return self.store

    def timer_service(self) -> Task:
        return self

    def register_event_time_timer(self, at_ms: int) -> None:
        self.timers.add(at_ms)

    def current_watermark(self) -> int:
        return self.watermark


def run(parts: list[SampledRows], *, restart: int | None = None, **settings: Any) -> tuple[list[str], list[Any]]:
    """Return the lines of a run, and the records that were listened to; state is moved to another task on the way."""
    plain = {"enabled": True, "window": "1s", "min_rows": 30, "sample": 1, **settings}
    drift, heard = DriftSettings.model_validate(plain), list[Any]()

    def opened(task: Task) -> MergeDrift:
        function = MergeDrift(drift, heard.append)
        function.open(task)  # type: ignore[arg-type]
        return function

    task, lines = Task(KeyedStore()), list[str]()
    function = opened(task)
    for number, part in enumerate(parts):
        if number == restart:
            task = Task(KeyedStore(task.store.content))
            function = opened(task)
        task.store.has_key = True
        lines += function.process_element((part.to_text(),), task)  # type: ignore[arg-type]
        task.watermark = int(part.times_ms.max()) - 1
    (end,) = task.timers
    return [*lines, *function.on_timer(end, task)], heard  # type: ignore[arg-type]


@pytest.fixture
def parts() -> list[SampledRows]:
    rows = rows_at(np.arange(600) * 5, seed=2)
    rows.matrix[300:, 0] += 2
    parts = [taken(rows, chosen) for chosen in np.array_split(np.arange(600), 9)]
    return [SampledRows(**{**vars(part), "baseline": BASELINE}) for part in parts]


def test_lines_are_the_records_that_were_listened_to(parts: list[SampledRows]) -> None:
    lines, heard = run(parts, sequential={"detector": "adwin"})
    assert [json.loads(line) for line in lines] == heard
    assert [is_change(record) for record in heard].count(False) == 3
    assert {record["findings"][0]["name"] for record in heard if is_change(record)} == {"amount"}


@pytest.mark.parametrize("restart", [1, 4, 8])
def test_restored_task_goes_on_as_if_it_had_never_stopped(parts: list[SampledRows], restart: int) -> None:
    for sequential in ({}, {"detector": "adwin"}, {"detector": "page_hinkley", "threshold": 5, "tolerance": 0.1}):
        assert run(parts, restart=restart, sequential=sequential) == run(parts, sequential=sequential)


def test_detectors_are_off_by_default(parts: list[SampledRows]) -> None:
    lines, _ = run(parts)
    with_detector, _ = run(parts, sequential={"detector": "adwin"})
    assert [line for line in with_detector if not is_change(json.loads(line))] == lines
    assert len(lines) == 3
