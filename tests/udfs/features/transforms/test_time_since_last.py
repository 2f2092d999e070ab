from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from state.window_sql import WindowSpec


def test_seconds_equal_pandas_diff_of_each_key(compute) -> None:
    random = np.random.default_rng(3)
    rows = pd.DataFrame({"key": random.integers(0, 5, 100), "at": np.sort(random.integers(0, 10**12, 100))})
    previous = rows.groupby("key")["at"].shift()
    columns = {"at": rows["at"].to_numpy(), "x_PREVIOUS_TIME": previous.to_numpy()}
    golden = pd.to_datetime(rows["at"], unit="ms").groupby(rows["key"]).diff().dt.total_seconds()
    np.testing.assert_allclose(compute("time_since_last", columns, key="country")[:, 0], golden, rtol=1e-15)


def test_window_brings_the_previous_event_s_time(build) -> None:
    feature = build("time_since_last", key="country", window="1d")
    assert feature.window == WindowSpec("x_PREVIOUS_TIME", "previous_time", "at", "country", 86_400)
    assert feature.inputs == ("at", "x_PREVIOUS_TIME")


def test_key_is_required(build) -> None:
    with pytest.raises(
        ValueError, match="key: a text, got no parameters; add key to the feature's parameters"
    ):
        build("time_since_last")
