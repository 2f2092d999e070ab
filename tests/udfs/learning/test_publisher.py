"""The result of a slot is published once; a step that fails is reported and loses nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conf.model_registry import ModelRegistrySettings
from models.registry import Registry, open_registry
from state.training.gathered import GatheredSlot
from tests.udfs.learning.learning_jobs import rows_of, settings
from udfs.learning.publisher import Publisher, publisher_of
from udfs.learning.settings import student_of

DAY_MS = 86_400_000
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    job, learning = settings()
    learning = replace(
        learning,
        registry=ModelRegistrySettings(base_path=str(tmp_path / "registry")),
        checkpoint_dir=str(tmp_path / "snapshots"),
    )
    return replace(publisher_of(job, learning), clock=lambda: NOW)


def slot(publisher: Publisher, day: int, rows: int, *, is_new: bool = True) -> GatheredSlot:
    """The slot of a day, at whose end so many rows are learnt."""
    student = student_of(publisher.job, publisher.learning, 1)()
    student.learn({}, rows_of(rows))  # type: ignore[arg-type] - one model keeps nothing there
    data = student.version()
    assert data is not None
    return GatheredSlot(day * DAY_MS, student.report(), (data,), is_new)


def versions(publisher: Publisher) -> list[str]:
    registry: Registry = open_registry(publisher.learning.registry)
    return [str(version) for version in registry.versions(publisher.learning.model_name)]


def test_slots_are_versions_of_one_series(publisher: Publisher) -> None:
    known: dict[str, Any] = {}
    for day in (10, 11, 14):
        published = publisher(slot(publisher, day, 100 * day), known)
        known = published.known
        assert not published.is_pending
    assert versions(publisher) == ["1.0.1", "1.0.2", "1.0.5"]
    assert publisher(slot(publisher, 14, 1_400), known).told["version"] == "1.0.5"
    assert versions(publisher) == ["1.0.1", "1.0.2", "1.0.5"]


def test_run_over_other_events_goes_on_in_a_series_of_its_own(publisher: Publisher) -> None:
    known = publisher(slot(publisher, 10, 500), publisher(slot(publisher, 9, 400), {}).known).known
    assert known["version"] == "1.0.2"
    # The other run learns the same on the first day, and something else on the second.
    other = publisher(slot(publisher, 9, 400), {})
    assert other.told["version"] == "1.0.1"
    other = publisher(slot(publisher, 10, 600), other.known)
    assert (other.told["version"], other.is_pending) == ("1.1.2", False)
    assert publisher(slot(publisher, 11, 700), other.known).told["version"] == "1.1.3"


def test_version_stays_where_its_snapshot_cannot_be_written(publisher: Publisher) -> None:
    learning = replace(publisher.learning, checkpoint_dir="/dev/null/snapshots")
    publisher = replace(publisher, learning=learning)
    first = publisher(slot(publisher, 10, 500), {})
    assert (first.told["version"], first.is_pending) == ("1.0.1", False)
    assert first.told["problem"].startswith("version 1.0.1 is published, but ")
    assert publisher(slot(publisher, 11, 600), first.known).told["version"] == "1.0.2"


def test_registry_that_cannot_be_written_leaves_the_slot_to_be_tried_again(publisher: Publisher) -> None:
    broken = replace(publisher, learning=replace(publisher.learning, registry=_at("/dev/null/registry")))
    failed = broken(slot(broken, 10, 500), {})
    assert (failed.is_pending, "version" in failed.told, failed.told["slot"]) == (True, False, 1)
    assert failed.told["problem"]
    # The slots keep their numbers.
    assert publisher(slot(publisher, 11, 600), failed.known).told["version"] == "1.0.2"


def test_slot_in_which_nothing_was_learnt_has_no_version(publisher: Publisher) -> None:
    published = publisher(slot(publisher, 10, 500, is_new=False), {})
    assert "version" not in published.told
    assert versions(publisher) == []


def _at(folder: str) -> ModelRegistrySettings:
    return ModelRegistrySettings(base_path=folder)
