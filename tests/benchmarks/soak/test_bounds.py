"""A soak passes if every row is there once and nothing grows beyond what its error explains."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.soak.bounds import Bounds, broken
from benchmarks.soak.slope import Slope

GOOD = {
    "lost": 0,
    "surplus": 0,
    "misplaced": 0,
    "rows_sent": 100,
    "rows_taken": 100,
    "versions_unserved": [],
    "versions_served_in_error": [],
    "scrapes": 10,
    "scrapes_failed": 2,
}
BOUNDS = Bounds(mib_per_hour=30, files_per_hour=10)


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"lost": 2}, "lost: expected 0, got 2"),
        ({"surplus": 1}, "surplus: expected 0, got 1"),
        ({"misplaced": 1}, "misplaced: expected 0, got 1"),
        ({"rows_taken": 101}, "rows_taken: expected 100, got 101"),
        ({"versions_unserved": ["1.2.0"]}, "versions_unserved: expected none, got 1.2.0"),
        ({"versions_served_in_error": ["2.0.0", "2.1.0"]}, "versions_served_in_error: expected none, got 2.0.0, 2.1.0"),
        ({"scrapes": 2}, "scrapes: expected most to have an answer, got 2, and 2 without"),
    ],
    ids=["lost", "surplus", "misplaced", "taken", "unserved", "in error", "scrapes"],
)
def test_a_count_that_is_off_is_told(changed: dict[str, Any], line: str) -> None:
    assert broken(GOOD | changed, {}, BOUNDS) == [line]


@pytest.mark.parametrize(
    ("quantity", "slope", "lines"),
    [
        ("memory_mib", Slope(29, 0), []),
        ("memory_mib", Slope(40, 5.1), []),
        (
            "memory_mib",
            Slope(40, 4.9),
            ["memory_mib of python: expected growth of at most 30 an hour, got 40.0 +- 4.9"],
        ),
        (
            "live_heap_mib",
            Slope(31, 0),
            ["live_heap_mib of python: expected growth of at most 30 an hour, got 31.0 +- 0.0"],
        ),
        ("open_files", Slope(12, 1.1), []),
        (
            "open_files",
            Slope(12, 0.9),
            ["open_files of python: expected growth of at most 10 an hour, got 12.0 +- 0.9"],
        ),
        ("memory_mib", None, []),
    ],
    ids=["below", "within its error", "memory", "heap", "files within their error", "files", "nobody knows"],
)
def test_growth_beyond_its_bound_by_two_errors_is_told(quantity: str, slope: Slope | None, lines: list[str]) -> None:
    assert broken(GOOD, {("python", quantity): slope}, BOUNDS) == lines
