from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gress.report.bins import latency_bins, score_bins, time_bins


def test_probabilities_are_counted_from_0_to_1() -> None:
    scores = np.array([0.0, 0.019, 0.02, 0.5, 1.0])
    bins = score_bins(scores)
    assert (bins.edges[0], bins.edges[-1], len(bins.middles)) == (0, 1, 50)
    counts = bins.count(scores)
    assert counts[[0, 1, 25, 49]].tolist() == [2, 1, 1, 1]
    assert counts.sum() == 5


@pytest.mark.parametrize("scores", [[-3.0, 12.0], [7.5, 7.5]], ids=["beyond 0 to 1", "all the same"])
def test_other_scores_are_counted_over_their_own_range(scores: list[float]) -> None:
    values = np.array(scores)
    bins = score_bins(values)
    assert bins.edges[0] == values.min()
    assert bins.count(values).sum() == 2


@pytest.mark.parametrize("latency", [[892.0], [1.0, 1.0], [1.0, 5e6, 300.0]], ids=["one", "equal", "wide"])
def test_latencies_are_all_in_bins_of_one_width_on_a_log_axis(latency: list[float]) -> None:
    values = np.array(latency)
    bins = latency_bins(values)
    widths = np.diff(np.log(bins.edges))
    np.testing.assert_allclose(widths, widths[0])
    assert bins.count(values).sum() == len(values)


@pytest.mark.parametrize(
    ("span_s", "width_s"),
    [(0, 1), (100, 1), (3_600, 60), (86_400, 900), (86_400 * 40, 43_200), (86_400 * 4_000, 86_400 * 30 * 2)],
)
def test_times_are_in_few_bins_of_a_round_width(span_s: int, width_s: int) -> None:
    start = np.datetime64("2018-04-01T00:04:39.250", "ms")
    times = start + np.linspace(0, span_s * 1000, 500).astype("timedelta64[ms]")
    bins = time_bins(times)
    assert bins is not None
    assert len(bins.starts) <= 120
    if span_s < 86_400 * 3_000:
        assert bins.width_s == width_s
        counted = pd.Series(1, index=times).resample(f"{width_s}s", origin="epoch").sum()
        assert bins.starts.tolist() == counted.index.to_pydatetime().tolist()
        assert bins.count(np.ones(500, bool)).tolist() == counted.tolist()
    assert bins.count(np.ones(500, bool)).sum() == 500


def test_rows_without_a_time_are_in_no_bin() -> None:
    times = np.array(["2018-04-01T00:00:00", "NaT", "2018-04-01T00:00:01"], dtype="datetime64[ms]")
    bins = time_bins(times)
    assert bins is not None
    assert bins.count(np.array([True, True, True])).tolist() == [1, 1]
    assert bins.count(np.array([True, True, False])).tolist() == [1, 0]
    assert time_bins(times[1:2]) is None
