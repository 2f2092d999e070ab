"""Samples as bytes, and in the order in which they are learnt."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from state.training.samples import Samples, in_order, joined
from tests.state.training.made import samples


def same(first: Samples, second: Samples) -> bool:
    return all(np.array_equal(getattr(first, each.name), getattr(second, each.name)) for each in fields(Samples))


def test_bytes_hold_all_of_the_rows() -> None:
    rows = samples(known=[5, 3, 9])
    assert same(Samples.from_bytes(rows.to_bytes()), rows)


def test_bytes_of_rows_with_keys_hold_the_keys() -> None:
    rows = replace(samples(known=[5, 3, 9]), names=np.array([b"a", b"", "größer".encode()]))
    assert same(Samples.from_bytes(rows.to_bytes()), rows)
    assert rows.to_bytes()[0] == 2
    assert samples(known=[5]).to_bytes()[0] == 1


def test_rows_without_keys_join_rows_with_keys_of_any_length() -> None:
    rows = samples(known=[5, 3])
    parts = [replace(rows, names=np.array([b"a", b"bc"])), rows, replace(rows, names=np.array([b"defgh", b""]))]
    found = joined(parts)
    assert found.names is not None
    assert found.names.tolist() == [b"a", b"bc", b"", b"", b"defgh", b""]
    assert joined([rows, rows]).names is None
    ordered = in_order(found)
    assert ordered.names is not None
    assert sorted(ordered.names.tolist()) == sorted(found.names.tolist())


def test_bytes_of_no_rows_are_no_rows() -> None:
    assert len(Samples.from_bytes(samples(known=[]).to_bytes())) == 0


def test_bytes_of_another_format_are_refused() -> None:
    with pytest.raises(
        ValueError, match="samples: expected format 1 or 2, got format 7; read them with their own release"
    ):
        Samples.from_bytes(b"\7" + samples(known=[1]).to_bytes()[1:])


@pytest.mark.parametrize("seed", range(5))
def test_order_does_not_depend_on_the_order_of_arrival(seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = samples(known=random.integers(0, 5, 40).tolist(), seed=seed)
    # Two rows of one event at one time differ in what they say alone.
    twins = replace(rows.take(slice(0, 4)), targets=rows.targets[:4] + 1)
    whole = joined([rows, twins])
    assert same(in_order(whole), in_order(whole.take(random.permutation(len(whole)))))


def test_order_is_that_of_the_time_when_outcomes_became_known() -> None:
    assert in_order(samples(known=[30, 10, 20])).known.tolist() == [10, 20, 30]
