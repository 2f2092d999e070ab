"""Times of a join."""

from __future__ import annotations

import numpy as np
import pytest

from state.labels.settings import JoinTimes

LAST = 2**63 - 1


@pytest.mark.parametrize("name", ["label_ttl_ms", "early_ttl_ms", "late_ttl_ms"])
def test_negative_time_is_refused(name: str) -> None:
    times = {"label_ttl_ms": 1, "early_ttl_ms": 1, "late_ttl_ms": 1, name: -1}
    with pytest.raises(ValueError, match=f"labels: {name}: expected a time of 0 ms or more, got -1"):
        JoinTimes(**times)


def test_times_do_not_wrap_around() -> None:
    found = JoinTimes(10, 20, 5).remembered_until(np.array([-(2**63), 0, LAST - 10]))
    assert found.tolist() == [-(2**63) + 15, 15, LAST - 1]
