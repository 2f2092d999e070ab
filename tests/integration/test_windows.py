"""Every window function on a mini-cluster, against brute force, on rows that share instants and lack values."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.window_golden import Asked, expected, seconds_since_last

TIME = "AT"
_FIELDS = {
    "ID": {"type": "long"},
    "AT": {"type": "timestamp"},
    "CARD": {"type": "string"},
    "SHOP": {"type": "long", "required": False},
    "ITEMS": {"type": "long", "required": False},
    "SIZE": {"type": "double", "required": False},
    "PRICE": {"type": "decimal", "scale": 2, "required": False},
    "IS_NEW": {"type": "boolean", "required": False},
    "KIND": {"type": "string", "required": False},
}
_NEW = {"filter_sql": "IS_NEW = 1", "filter_pandas": "IS_NEW == 1"}
_LARGE = {"filter_sql": "PRICE > 50 OR ITEMS >= 5", "filter_pandas": "PRICE > 50 or ITEMS >= 5"}

ASKED = (
    Asked("COUNT", "count", "CARD", 10),
    Asked("COUNT_OF", "count", "CARD", 10, "SIZE"),
    Asked("COUNT_NEW", "count", "CARD", 60, **_NEW),
    Asked("COUNT_DELAYED", "count", "CARD", 10, delay_s=20),
    Asked("COUNT_TEXT", "count", "SHOP", 60, "KIND"),
    Asked("RATE", "rate", "CARD", 60),
    Asked("RATE_DELAYED", "rate", "SHOP", 60, delay_s=10),
    *(
        Asked(f"{function.upper()}_{source}", function, "CARD", 10, source)
        for source in ("ITEMS", "SIZE", "PRICE")
        for function in ("sum", "avg", "min", "max", "stddev")
    ),
    *(
        Asked(f"{function.upper()}_{source}_DELAYED", function, "SHOP", 60, source, delay_s=10, empty=-1.0)
        for source in ("ITEMS", "SIZE", "PRICE")
        for function in ("sum", "avg", "stddev")
    ),
    *(
        Asked(f"{function.upper()}_PRICE_LARGE", function, "CARD", 60, "PRICE", empty=0.0, **_LARGE)
        for function in ("sum", "avg", "min", "max", "stddev")
    ),
    *(
        Asked(f"DISTINCT_{source}", "distinct", "CARD", 60, source)
        for source in ("ITEMS", "SIZE", "PRICE", "IS_NEW", "KIND", "SHOP")
    ),
    Asked("DISTINCT_KIND_NEW", "distinct", "SHOP", 60, "KIND", **_NEW),
    *(Asked(f"LAST_{source}", "last", "CARD", 10, source) for source in ("ITEMS", "SIZE", "PRICE", "IS_NEW")),
    Asked("LAST_PRICE_LARGE", "last", "SHOP", 60, "PRICE", empty=0.0, **_LARGE),
)
_SINCE = {"name": "SINCE", "type": "time_since_last", "parameters": {"key": "CARD", "window": "15s"}}
_EXACT = {"count", "rate", "distinct", "min", "max", "last", "sum"}


def make_rows(count: int = 400, seed: int = 7) -> pd.DataFrame:
    """Rows a few to an instant, on steps that windows end on, some a millisecond beside them."""
    rng = np.random.default_rng(seed)
    steps = np.sort(rng.integers(0, count // 2, count)) * 2_500
    moments = 1_522_540_800_000 + steps + rng.choice([0, 0, 0, 1, -1], count)

    def with_gaps(values: Any) -> pd.Series:
        return pd.Series(values).astype(object).mask(rng.random(count) < 0.2, None)

    frame = pd.DataFrame({"ID": np.arange(count), TIME: np.sort(moments)})
    frame["CARD"] = rng.choice(list("abcd"), count)
    frame["SHOP"] = with_gaps(rng.integers(0, 3, count))
    frame["ITEMS"] = with_gaps(rng.integers(-3, 9, count))
    frame["SIZE"] = with_gaps(rng.normal(10, 5, count))
    frame["PRICE"] = with_gaps(np.round(rng.uniform(0, 100, count), 2))
    frame["IS_NEW"] = with_gaps(rng.random(count) < 0.4)
    frame["KIND"] = with_gaps(rng.choice(["x", "y", "ü"], count))
    return frame


def write_lines(frame: pd.DataFrame, path: Path, *, seed: int = 3) -> None:
    """Write rows up to two seconds out of order."""
    order = np.argsort(frame[TIME].to_numpy() + np.random.default_rng(seed).integers(0, 2_000, len(frame)))
    rows = frame.iloc[order].to_dict("records")
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with what a job makes of its fields: numbers, NaN for null."""
    typed = {name: frame[name].astype(float) for name in ("SHOP", "ITEMS", "SIZE", "PRICE", "IS_NEW")}
    return frame.assign(**typed)


def is_exact(asked: Asked) -> bool:
    """Return whether the answer is exact to the last bit: computed in whole numbers, or an unchanged value."""
    is_double_sum = asked.source == "SIZE" and asked.function == "sum"
    return asked.function in _EXACT and not is_double_sum


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return numbers(make_rows())


@pytest.fixture(scope="module")
def export_windows(
    tmp_path_factory: pytest.TempPathFactory, export_features: Callable[..., pd.DataFrame]
) -> Callable[..., pd.DataFrame]:
    folder = tmp_path_factory.mktemp("windows")
    write_lines(make_rows(), folder / "rows.jsonl")
    specs = [*(asked.as_feature() for asked in ASKED), _SINCE]
    job = {
        "name": "windows",
        "events": {"id": "ID", "key": "CARD", "time": TIME, "watermark_delay": "2s", "fields": _FIELDS},
        "features": {"name": "windows", "specs": specs},
        "inference": {"model_name": "none"},
    }
    return lambda parallelism, windows="sql": export_features(
        job, folder / "rows.jsonl", parallelism=parallelism, windows=windows
    )


@pytest.fixture(scope="module")
def one_slot(export_windows: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    return export_windows(1)


@pytest.fixture(scope="module")
def two_slots(export_windows: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    return export_windows(2)


@pytest.fixture(scope="module")
def sliding(export_windows: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    return export_windows(2, "sliding")


def test_every_row_comes_once_in_order(one_slot: pd.DataFrame, rows: pd.DataFrame) -> None:
    assert one_slot["ID"].tolist() == rows.sort_values([TIME, "ID"])["ID"].tolist()


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.name)
def test_aggregate_equals_brute_force(asked: Asked, one_slot: pd.DataFrame, rows: pd.DataFrame) -> None:
    got = one_slot.set_index("ID")[asked.name].loc[rows["ID"]].to_numpy()
    want = expected(rows, asked, time=TIME)
    assert np.isfinite(want).any()
    if is_exact(asked):
        np.testing.assert_array_equal(got, want)
    else:
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-9)


def test_time_since_last_equals_brute_force(one_slot: pd.DataFrame, rows: pd.DataFrame) -> None:
    got = one_slot.set_index("ID")["SINCE"].loc[rows["ID"]].to_numpy()
    np.testing.assert_array_equal(got, seconds_since_last(rows, key="CARD", time=TIME, window_s=15))


def test_parallelism_does_not_change_a_row(one_slot: pd.DataFrame, two_slots: pd.DataFrame) -> None:
    # A sum of doubles depends on the order in which they are added, in its last digits.
    sums = [asked.name for asked in ASKED if asked.source == "SIZE" and asked.function in ("sum", "avg", "stddev")]
    pd.testing.assert_frame_equal(one_slot.drop(columns=sums), two_slots.drop(columns=sums), check_exact=True)
    pd.testing.assert_frame_equal(one_slot[sums], two_slots[sums], rtol=1e-9, atol=1e-9)


def test_engine_of_packed_rows_gives_the_same(one_slot: pd.DataFrame, sliding: pd.DataFrame) -> None:
    # It computes exact sums of doubles, and rounds them once.
    doubles = [asked.name for asked in ASKED if asked.source == "SIZE" and asked.function in ("sum", "avg", "stddev")]
    pd.testing.assert_frame_equal(one_slot.drop(columns=doubles), sliding.drop(columns=doubles), check_exact=True)
    pd.testing.assert_frame_equal(one_slot[doubles], sliding[doubles], rtol=1e-9, atol=1e-9)
