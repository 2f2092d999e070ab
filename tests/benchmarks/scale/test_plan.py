"""The plan is arithmetic over costs that stand on pages; its tables stand in docs/scale.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.scale.costs import COSTS, SHARDS, Assumed, cost
from benchmarks.scale.plan import Load, Plan, most_events_per_s
from benchmarks.scale.simulation import drain_s, hottest_share
from benchmarks.scale.sizes import memory
from benchmarks.scale.tables import tables
from jobs.flink.shards import MOST_SHARDS

REPOSITORY = Path(__file__).resolve().parents[3]
HOUR = Plan(Load(1e6, 1e8, 3_600.0))


def test_page_has_the_tables_that_the_command_prints() -> None:
    page = (REPOSITORY / "docs" / "scale.md").read_text("utf-8")
    missing = [part.splitlines()[0] for part in tables().split("\n\n") if part not in page]
    assert missing == [], "python -m benchmarks.scale prints them"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("from Kafka to Kafka, exactly once, 20 features and a small network", "exactly once | 116,000 | 15.2 µs"),
        ("the same from files to files", "JSON Lines files, files | 404,000 | 3.5 µs"),
        ("fraud job with 15 windows, files to files, two cores", "15 windows per card and terminal | 174,000 rows/s"),
        ("the same by Flink's OVER, times slower", "174,000 rows/s, 24 times Flink's `OVER`"),
        ("saved state, both keys", "takes 21 bytes for both keys"),
        ("saved state of Flink's OVER, 246 MB for 400,000 events", "with `sql` 246 MB"),
    ],
)
def test_costs_stand_on_the_pages_they_name(name: str, text: str) -> None:
    page = COSTS[name].source.partition(",")[0]
    found = " ".join((REPOSITORY / page).read_text("utf-8").split())
    assert text in found


def test_shards_are_those_of_the_jobs() -> None:
    assert SHARDS == MOST_SHARDS


def test_needs_of_a_million_events_a_second() -> None:
    """Computed by hand: 2e6/174,000 - 3.5 = 7.99 µs of windows; 15.2 µs from Kafka to Kafka; 3.6e9 events an hour."""
    assert HOUR.window_us == pytest.approx(7.994, abs=1e-3)
    assert HOUR.cores == pytest.approx(33.135, abs=1e-2)
    assert HOUR.state_gib == pytest.approx(70.41, abs=0.01)
    assert HOUR.memory_gib == pytest.approx(377.52 + 14.29, abs=0.02)
    assert HOUR.full_checkpoint_s == pytest.approx(75.6e9 / 32 / 100e6)
    assert HOUR.incremental_checkpoint_s == pytest.approx(3 * 60e6 * 21 / 32 / 100e6)
    assert HOUR.network_gbit == pytest.approx({"from Kafka": 1.3008, "between tasks": 2.6888, "to Kafka": 2.512})


def test_short_window_is_written_whole_at_most() -> None:
    short = Plan(Load(1e6, 1e8, 60.0))
    assert short.incremental_checkpoint_s == short.full_checkpoint_s


@given(st.floats(1e3, 1e7), st.floats(1e3, 1e8), st.floats(10, 1e7))
def test_each_limit_is_where_its_resource_is_used_up(rate: float, keys: float, reach_s: float) -> None:
    assumed = Assumed()
    limits = most_events_per_s(Plan(Load(rate, keys, reach_s)))
    at = {name: Plan(Load(limit, keys, reach_s)) for name, limit in limits.items()}
    assert at["memory"].memory_gib / SHARDS == pytest.approx(assumed.memory_gib)
    assert at["checkpoint, hashmap"].full_checkpoint_s == pytest.approx(assumed.interval_s)
    assert at["checkpoint, rocksdb"].incremental_checkpoint_s == pytest.approx(assumed.interval_s)
    busy = limits["CPU of windows"] * HOUR.window_us / 1e6 / SHARDS
    assert busy == pytest.approx(assumed.busy)


def test_keys_alone_may_take_all_memory() -> None:
    keys = SHARDS * Assumed().memory_gib * 2**30 / cost("memory of a key") * 1.01
    assert most_events_per_s(Plan(Load(1e6, keys, 60.0)))["memory"] == 0


@given(st.floats(1, 1e6), st.floats(1.05, 5), st.integers(0, 500), st.integers(0, 100))
def test_lag_drains_as_the_formula_says(rate: float, spare: float, down_s: int, repeated_s: int) -> None:
    """Lag (down + repeated) x rate is taken at the spare rate, after the time without work."""
    found = drain_s(rate, spare * rate, down_s, repeated_s)
    assert found == pytest.approx(down_s + (down_s + repeated_s) / (spare - 1), abs=1.01)


def test_lag_of_a_job_without_spare_capacity_stays() -> None:
    assert drain_s(1e6, 1e6, 10, 10) == float("inf")


def test_fullest_shard_is_that_of_a_plain_deal() -> None:
    keys, exponent = 20_000, 1.1
    weights = [1 / rank**exponent for rank in range(1, keys + 1)]
    loads = [0.0] * SHARDS
    for weight, shard in zip(weights, np.random.default_rng(1).integers(0, SHARDS, keys), strict=True):
        loads[shard] += weight
    assert hottest_share(exponent, keys) == pytest.approx(max(loads) / sum(weights))


@pytest.mark.parametrize("exponent", [0.5, 1.0, 1.3])
def test_keys_beyond_the_first_million_count_as_their_sum(exponent: float) -> None:
    keys = 3_000_000
    ranks = np.arange(1, keys + 1, dtype=np.float64) ** -exponent
    share = hottest_share(exponent, keys)
    head = hottest_share(exponent, 1_000_000) * ranks[:1_000_000].sum()
    assert share * ranks.sum() == pytest.approx(head + ranks[1_000_000:].sum() / SHARDS, rel=1e-4)


def test_memory_is_told_apart_by_events_and_keys() -> None:
    found = memory(events=40_000, many=40_000, few=40)
    assert 20 < found["memory_bytes_per_event"] < 200
    assert 20 < found["memory_bytes_per_key"] < 1_000
