from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gress.autoscale.fit import fit, largest, tie


@pytest.mark.parametrize(
    ("needed", "expected"),
    [(0.0, 1), (0.5, 1), (0.7, 1), (0.71, 2), (2.0, 3), (4.7, 8), (6.3, 10), (7.5, 12), (9.1, 15)],
)
def test_fewest_tasks_are_taken_and_a_divisor_if_near(needed: float, expected: int) -> None:
    assert fit(needed, 0.7, bounds=(1, 100), groups=120) == expected


def test_no_divisor_is_near_a_prime_number_of_groups() -> None:
    assert fit(3.2, 0.7, bounds=(1, 100), groups=127) == 5


@given(
    needed=st.floats(0, 1e6),
    utilization=st.floats(0.05, 0.99),
    fewest=st.integers(1, 20),
    most=st.integers(1, 64),
    groups=st.integers(1, 720),
)
def test_bounds_are_kept(needed: float, utilization: float, fewest: int, most: int, groups: int) -> None:
    found = fit(needed, utilization, bounds=(fewest, most), groups=groups)
    assert 1 <= found <= max(1, min(most, groups))
    assert found >= min(fewest, most, groups)


@given(needed=st.floats(0, 50), more=st.floats(0, 50))
def test_more_load_never_needs_fewer_tasks(needed: float, more: float) -> None:
    assert fit(needed, 0.7, bounds=(1, 64), groups=128) <= fit(needed + more, 0.7, bounds=(1, 64), groups=128)


def test_vertices_without_redistribution_between_them_have_one_parallelism() -> None:
    wanted = {"a": 1, "b": 6, "c": 2, "d": 3}
    most = dict.fromkeys(wanted, 10)
    assert tie(wanted, {"b": ["a"], "c": ["b"], "d": []}, most) == {"a": 6, "b": 6, "c": 6, "d": 3}


def test_tied_vertex_has_no_more_tasks_than_the_one_before_it() -> None:
    assert tie({"a": 1, "b": 6}, {"b": ["a"]}, {"a": 1, "b": 10}) == {"a": 1, "b": 1}


def test_tied_vertex_that_may_have_few_tasks_does_not_hold_back_the_one_before_it() -> None:
    assert tie({"a": 6, "b": 1}, {"b": ["a"]}, {"a": 10, "b": 1}) == {"a": 6, "b": 1}


def test_tasks_of_all_vertices_share_slots() -> None:
    assert largest([2, 5, 1]) == 5
    assert largest([]) == 0
