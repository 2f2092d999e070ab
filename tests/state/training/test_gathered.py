"""Slots of several shards, gathered for one version."""

from __future__ import annotations

from typing import Any

from state.training.gathered import GatheredSlot, GatheredSlots
from state.training.shard import EndedSlot
from tests.state.training.made import DictStore


def slot(end_ms: int, updates: int, version: bytes | None = b"v", **more: Any) -> bytes:
    report = {"updates": updates, "rows": 10, "scores": {"mae": float(updates)}, **more}
    return EndedSlot(end_ms, report, version).to_bytes()


def at(slots: GatheredSlots, end_ms: int) -> GatheredSlot:
    found = slots.at(end_ms)
    assert found is not None
    return found


def test_counts_are_added_up_and_scores_weighed_by_rows() -> None:
    slots = GatheredSlots(DictStore())
    guard = {"looks": 3, "rolled_back": 1}
    slots.add(1, slot(100, 30, guard=guard))
    slots.add(2, slot(100, 10, guard=guard))
    assert at(slots, 100).report == {
        "updates": 40,
        "rows": 20,
        "scores": {"mae": (30 * 30 + 10 * 10) / 40},
        "guard": {"looks": 6, "rolled_back": 2},
    }


def test_shard_without_a_row_in_a_slot_still_counts() -> None:
    store = DictStore()
    slots = GatheredSlots(store)
    slots.add(1, slot(100, 30))
    at(slots, 100)
    slots = GatheredSlots(store)
    slots.add(2, slot(200, 10, b"w"))
    found = at(slots, 200)
    assert (found.report["updates"], found.report["rows"]) == (40, 10)
    assert found.versions == (b"v", b"w")
    slots.add(1, slot(300, 50))
    assert at(slots, 300).report["updates"] == 60


def test_newest_state_of_a_shard_counts_unless_states_are_combined() -> None:
    newest, all_of_them = (
        GatheredSlots(DictStore()),
        GatheredSlots(DictStore(), lambda before, after: (before or b"") + after),
    )
    for slots in (newest, all_of_them):
        slots.add(1, slot(100, 1, b"a"))
        at(slots, 100)
        slots.add(1, slot(200, 2, b"b"))
        at(slots, 200)
        slots.add(1, slot(300, 2, None))
    assert at(newest, 300).versions == (b"b",)
    found = at(all_of_them, 300)
    assert found.versions == (b"ab",)
    assert not found.is_new


def test_slot_comes_back_from_its_bytes() -> None:
    known = GatheredSlot(100, {"updates": 1}, (b"\n", b"", b"abc"), True)
    assert GatheredSlot.from_bytes(known.to_bytes()) == known
