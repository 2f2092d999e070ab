"""Objects that a process has loaded are no work for its collector, and those of an ended job go all the same."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from udfs import garbage
from udfs.garbage import spare_loaded_objects


class Cycle:
    """An object that only the collector can free."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begin as a process in which no job has been, and leave all objects to the collector again."""
    monkeypatch.setattr(garbage, "_last", None)
    yield
    gc.unfreeze()


def test_collections_leave_out_what_was_there_before() -> None:
    kept = Cycle()
    spare_loaded_objects()
    assert not any(each is kept for each in gc.get_objects())
    later = Cycle()
    assert any(each is later for each in gc.get_objects())


def test_objects_of_an_ended_job_are_freed_when_the_next_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = Cycle()
    gone = weakref.ref(ended)
    spare_loaded_objects()
    del ended
    gc.collect()
    assert gone() is not None
    spare_loaded_objects()
    assert gone() is not None, "the second operator of a start looks at new objects only"
    monkeypatch.setattr(garbage, "_START_S", 0.0)
    spare_loaded_objects()
    assert gone() is None
