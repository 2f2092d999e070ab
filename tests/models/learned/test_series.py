from __future__ import annotations

import pytest

from models.errors import ModelError
from models.learned.series import Series, next_series
from models.version import Version


@pytest.mark.parametrize(
    ("taken", "wanted"),
    [((), "1.0"), (("1.0.400",), "1.1"), (("0.9.0",), "0.10"), (("1.9.9", "1.10.0"), "1.11"), (("2.0.0-rc.1",), "2.1")],
    ids=str,
)
def test_a_series_begins_above_all_versions(taken: tuple[str, ...], wanted: str) -> None:
    series = next_series(map(Version.parse, taken))
    assert str(series) == wanted
    assert all(Version.parse(series.version(0)) > Version.parse(each) for each in taken)


def test_versions_of_all_places_count() -> None:
    assert next_series([Version.parse("1.0.3")], [Version.parse("1.4.0")]) == Series(1, 5)


def test_slots_are_in_the_order_of_versions() -> None:
    versions = [Series(1, 0).version(slot) for slot in (2, 10, 5_900_000)]
    assert versions == ["1.0.2", "1.0.10", "1.0.5900000"]
    assert sorted(map(Version.parse, versions)) == list(map(Version.parse, versions))
    assert Series.of("1.0.10") == Series(1, 0)


def test_a_slot_before_all_time_is_refused() -> None:
    with pytest.raises(ModelError, match=r"^slot -1 of series 1\.0 is no part of a version; count slots from 1970 on$"):
        Series(1, 0).version(-1)
