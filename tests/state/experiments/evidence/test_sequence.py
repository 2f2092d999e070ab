from __future__ import annotations

import math

import numpy as np
import pytest
import ville

from state.experiments.confidence import OneSided, TwoSided, mixture_rho
from state.experiments.evidence.sequence import Sequence


def test_bounds_are_the_running_intersection_of_villes() -> None:
    x = np.random.default_rng(2).normal(0.3, 1, 400)
    golden = ville.GaussianMixtureCS(sigma=1.0, alpha=0.05, t_opt=100).fit(x)
    # Both use one mixture: the planned clock is set so that ρ² is one over ville's precision.
    planned = 100 * mixture_rho(0.05, 100) ** 2 * golden.rho_
    sequence, boundary = Sequence(), TwoSided(0.05, planned)
    for n in range(1, x.size + 1):
        sequence = sequence.updated(float(x[:n].mean()), 1 / math.sqrt(n), n, boundary)
        assert (sequence.lower, sequence.upper) == pytest.approx((golden.lower_[n - 1], golden.upper_[n - 1]))
    assert sequence.sign == 1
    assert sequence.p <= 0.05


def test_a_look_back_towards_zero_changes_nothing() -> None:
    found = Sequence().updated(1.0, 0.1, 5000, TwoSided())
    assert found.sign == 1
    assert found.updated(0.15, 0.1, 6000, TwoSided()).lower == found.lower
    assert found.updated(0.15, 0.1, 6000, TwoSided()).p == found.p


def test_harm_is_the_negative_side() -> None:
    assert Sequence().updated(-1.0, 0.1, 5000, TwoSided()).sign == -1
    assert Sequence().updated(-1.0, 0.1, 5000, OneSided()).sign == 0


def test_looks_that_contradict_each_other_leave_the_side_open() -> None:
    better = Sequence().updated(1.0, 0.1, 5000, TwoSided())
    reversed_, lessened = (better.updated(difference, 0.1, 9000, TwoSided()) for difference in (-1.0, 0.3))
    assert reversed_.lower > 0 > reversed_.upper
    assert lessened.lower > lessened.upper > 0
    assert [each.sign for each in (better, reversed_, lessened)] == [1, 0, 1]
    assert [each.is_torn for each in (better, reversed_, lessened)] == [False, True, True]


@pytest.mark.parametrize("se", [0.0, math.nan], ids=str)
def test_look_without_a_standard_error_shows_nothing(se: float) -> None:
    assert Sequence().updated(5.0, se, 100, TwoSided()) == Sequence()


def test_one_side_has_no_upper_bound() -> None:
    assert Sequence().updated(0.0, 0.1, 5000, OneSided()).upper == math.inf


def test_packed_and_unpacked_it_goes_on_as_before() -> None:
    sequence = Sequence().updated(0.3, 0.1, 5000, TwoSided())
    assert Sequence.unpack(sequence.pack()) == sequence
    assert Sequence.unpack(Sequence().pack()) == Sequence()


@pytest.mark.parametrize("packed", [[2, 0, 0, 1], [1, 0, 0]], ids=["version", "length"])
def test_other_formats_are_refused(packed: list[float]) -> None:
    with pytest.raises(ValueError, match="sequence: expected 4 numbers of version 1, got"):
        Sequence.unpack(packed)
