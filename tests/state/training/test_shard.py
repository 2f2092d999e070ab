"""A shard learns in the order of time, and leaves a version a slot, however its rows come and whenever it stops."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.training.samples import Samples
from state.training.shard import EndedSlot, LearningShard, Pace
from state.training.waiting import SampleStore, WaitingSamples
from tests.state.training.made import DictStore, samples

PACE = Pace(update_rows=4, update_ms=10, slot_ms=100)
END = 2**63 - 1


class Diary:
    """A learner that notes the times of its rows in its state."""

    def __init__(self) -> None:
        self.known: list[int] = []
        self.told = self.taken_back = 0

    def learn(self, store: SampleStore, samples: Samples) -> None:
        self.known += samples.known.tolist()

    def save(self, store: SampleStore) -> None:
        store.put("diary", np.array([self.told, *self.known], np.int64).tobytes())

    def restore(self, entries: Mapping[str, bytes]) -> None:
        if "diary" in entries:
            self.told, *self.known = np.frombuffer(entries["diary"], np.int64).tolist()

    def report(self) -> dict[str, Any]:
        return {"learnt": list(self.known)}

    def version(self) -> bytes | None:
        is_new = len(self.known) > self.told
        self.told = len(self.known)
        return str(self.told).encode() if is_new else None


def told(slots: list[EndedSlot]) -> list[tuple[int, int, bytes | None]]:
    return [(slot.end_ms, len(slot.report["learnt"]), slot.version) for slot in slots]


def test_rows_are_learnt_once_their_outcome_is_known() -> None:
    diary, store = Diary(), DictStore()
    shard = LearningShard(PACE, diary)
    shard.add(store, samples(known=[30, 10, 50]))
    assert shard.advance(store, 9) == []
    shard.advance(store, 30)
    assert diary.known == [10, 30]
    shard.advance(store, 60)
    assert diary.known == [10, 30, 50]


def test_slot_ends_when_the_watermark_is_past_it() -> None:
    store = DictStore()
    shard = LearningShard(PACE, Diary())
    shard.add(store, samples(known=[10, 150, 420]))
    assert told(shard.advance(store, 98)) == []
    assert told(shard.advance(store, 99)) == [(100, 1, b"1")]
    assert told(shard.advance(store, END)) == [(200, 2, b"2"), (500, 3, b"3")]


def test_row_that_comes_after_its_slot_is_learnt_in_the_next_one() -> None:
    store = DictStore()
    shard = LearningShard(PACE, Diary())
    shard.add(store, samples(known=[10]))
    shard.advance(store, 150)
    shard.add(store, samples(known=[20]))
    assert told(shard.advance(store, 160)) == []
    assert told(shard.advance(store, 199)) == [(200, 2, b"2")]


@pytest.mark.parametrize(
    ("known", "due"),
    [([12], 20), ([20], 30), ([12, 13, 14], 20), ([12, 13, 14, 15], 15), ([12, 13, 14, 15, 19], 15), ([5, 12], 10)],
)
def test_an_update_takes_enough_rows_or_what_its_interval_holds(known: list[int], due: int) -> None:
    waiting = WaitingSamples(PACE.update_rows, PACE.update_ms)
    waiting.add(DictStore(), samples(known=known))
    assert waiting.due_at() == due


def test_open_slot_asks_for_its_end() -> None:
    store = DictStore()
    shard = LearningShard(PACE, Diary())
    assert shard.due_at is None
    shard.add(store, samples(known=[10]))
    shard.advance(store, 20)
    assert shard.due_at == 99
    shard.advance(store, 99)
    assert shard.due_at is None


def test_slots_of_another_length_are_refused() -> None:
    store = DictStore()
    shard = LearningShard(PACE, Diary())
    shard.add(store, samples(known=[10]))
    shard.advance(store, 20)
    with pytest.raises(ValueError, match="checkpoint_interval: expected that of the saved state, 100 ms, got 200 ms"):
        LearningShard(Pace(4, 10, 200), Diary(), store.items())


@given(
    known=st.lists(st.integers(0, 600), min_size=1, max_size=40),
    cuts=st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=6),
)
def test_arrival_watermarks_and_restores_change_nothing(known: list[int], cuts: list[tuple[int, bool]]) -> None:
    rows = samples(known=sorted(known))
    whole, at_once = Diary(), DictStore()
    shard = LearningShard(PACE, whole)
    shard.add(at_once, rows)
    expected = told(shard.advance(at_once, END))
    diary, store, found = Diary(), DictStore(), []
    shard = LearningShard(PACE, diary)
    places = sorted({0, len(rows), *(min(cut, len(rows)) for cut, _ in cuts)})
    restores = {min(cut, len(rows)) for cut, is_restored in cuts if is_restored}
    for begin, end in pairwise(places):
        shard.add(store, rows.take(slice(begin, end)))
        # All rows before this time are here, and perhaps some that are as old.
        found += shard.advance(store, int(rows.known[end - 1]) - 1)
        if end in restores:
            diary = Diary()
            shard = LearningShard(PACE, diary, list(store.items()))
    found += shard.advance(store, END)
    assert diary.known == whole.known == sorted(known)
    assert told(found) == expected
    assert not [key for key in store.entries if key.startswith("waiting")]


def test_slot_comes_back_from_its_bytes() -> None:
    slot = EndedSlot(300, {"auc": 0.5}, b"\x00\n\xff")
    assert EndedSlot.from_bytes(slot.to_bytes()) == slot
    assert EndedSlot.from_bytes(EndedSlot(100, {}, None).to_bytes()).version is None
