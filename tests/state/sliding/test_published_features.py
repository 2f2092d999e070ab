"""The engine on published card transactions, against the features that their authors published."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from conf.loading.loader import load_settings
from state.sliding.engine import SlidingWindows
from state.sliding.plan import plans_by_key
from state.sliding.rows import Column, Rows
from udfs.features.feature_set import compile_feature_set
from udfs.functions.parse_lines import event_columns

REPOSITORY = Path(__file__).resolve().parents[3]
DATA = REPOSITORY.parent / "shared" / "data" / "card-fraud"
DAY = pd.Timestamp("2018-05-20")
HISTORY = pd.Timedelta(days=37)  # the longest window with its delay
DTYPES = {"CUSTOMER_ID": np.int64, "TERMINAL_ID": np.int64, "TX_AMOUNT": np.float64, "TX_FRAUD": np.int64}

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the card-fraud data is not beside this checkout")


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    columns = ["TRANSACTION_ID", "TX_DATETIME", *DTYPES]
    near = [("TX_DATETIME", ">=", DAY - HISTORY), ("TX_DATETIME", "<", DAY + pd.Timedelta(days=1))]
    return pd.read_parquet(DATA / "transactions.parquet", columns=columns, filters=near)


@pytest.fixture(scope="module")
def golden(published: pd.DataFrame) -> pd.DataFrame:
    """The published features of the day."""
    today = published.loc[published["TX_DATETIME"] >= DAY, "TRANSACTION_ID"]
    return pd.read_parquet(DATA / "features_golden.parquet").set_index("TRANSACTION_ID").loc[today]


@pytest.mark.parametrize("key", ["CUSTOMER_ID", "TERMINAL_ID"])
@pytest.mark.parametrize("batch", [997, 50_000])
def test_features_are_the_published_ones(published: pd.DataFrame, golden: pd.DataFrame, key: str, batch: int) -> None:
    job = load_settings(REPOSITORY / "conf" / "fraud_detection.yaml", environ={}).job
    assert job is not None
    windows = compile_feature_set(job.features, job.events).windows
    plans = plans_by_key(windows, event_columns(job.events), time=job.events.time, scales={"TX_AMOUNT": 2})
    (plan,) = (plan for plan in plans if plan.key == key)
    engine = SlidingWindows(plan)
    rows = related(published, golden, key)
    found = {spec.name: np.full(len(rows), -99.0) for spec in plan.specs}
    times = rows["TX_DATETIME"].to_numpy().astype("datetime64[ms]").astype(np.int64)
    for begin, end in batches(times, batch):
        part = rows.iloc[begin:end]
        columns = {name: Column(part[name].to_numpy(dtype)) for name, dtype in DTYPES.items()}
        answers = engine.add(Rows(times[begin:end], columns[key], columns), int(times[end - 1]))
        for name, values in answers.items():
            found[name][begin:end] = values
    features = pd.DataFrame(found, index=rows["TRANSACTION_ID"]).loc[golden.index]
    compared = [name for name in features if name in golden]
    assert len(compared) == 6
    assert len(golden) > 9_000
    for name in compared:
        # Two transactions of one key share a second nowhere on this day, where ties would be broken differently.
        np.testing.assert_allclose(features[name], golden[name].astype(float), rtol=0, atol=1e-9, err_msg=name)


def related(published: pd.DataFrame, golden: pd.DataFrame, key: str) -> pd.DataFrame:
    """All transactions of the keys of the day, by time."""
    keys = published.set_index("TRANSACTION_ID")[key].loc[golden.index]
    return published[published[key].isin(keys)].sort_values("TX_DATETIME", kind="stable")


def batches(times: np.ndarray, size: int) -> list[tuple[int, int]]:
    """Parts of about a size that end between two instants."""
    ends = np.unique(times.searchsorted(times[size - 1 :: size], side="right")).tolist()
    ends = ends if ends and ends[-1] == len(times) else [*ends, len(times)]
    return list(zip([0, *ends[:-1]], ends, strict=True))
