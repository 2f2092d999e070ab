from __future__ import annotations

from pathlib import Path

import pytest

import conf
from conf.loading.loader import load_settings
from conf.settings import JobSettings

# Columns of the handbook's own feature file, in its order.
HANDBOOK = [
    "TX_DURING_WEEKEND",
    "TX_DURING_NIGHT",
    "CUSTOMER_ID_NB_TX_1DAY_WINDOW",
    "CUSTOMER_ID_AVG_AMOUNT_1DAY_WINDOW",
    "CUSTOMER_ID_NB_TX_7DAY_WINDOW",
    "CUSTOMER_ID_AVG_AMOUNT_7DAY_WINDOW",
    "CUSTOMER_ID_NB_TX_30DAY_WINDOW",
    "CUSTOMER_ID_AVG_AMOUNT_30DAY_WINDOW",
    "TERMINAL_ID_NB_TX_1DAY_WINDOW",
    "TERMINAL_ID_RISK_1DAY_WINDOW",
    "TERMINAL_ID_NB_TX_7DAY_WINDOW",
    "TERMINAL_ID_RISK_7DAY_WINDOW",
    "TERMINAL_ID_NB_TX_30DAY_WINDOW",
    "TERMINAL_ID_RISK_30DAY_WINDOW",
]


@pytest.fixture(scope="module")
def job() -> JobSettings:
    [folder] = conf.__path__
    loaded = load_settings(Path(folder) / "fraud_detection.yaml", environ={}).job
    assert loaded is not None
    return loaded


def test_features_start_with_the_amount_and_the_handbooks_in_its_order(job: JobSettings) -> None:
    names = [spec.name for spec in job.features.specs]
    assert names[: 1 + len(HANDBOOK)] == ["TX_AMOUNT", *HANDBOOK]


@pytest.mark.parametrize("days", [1, 7, 30])
def test_terminal_windows_wait_a_week_for_labels(days: int, job: JobSettings) -> None:
    specs = {spec.name: spec for spec in job.features.specs}
    risk = specs[f"TERMINAL_ID_RISK_{days}DAY_WINDOW"]
    count = specs[f"TERMINAL_ID_NB_TX_{days}DAY_WINDOW"]
    window = {"key": "TERMINAL_ID", "window": f"{days}d", "delay": "7d"}
    assert (risk.source, risk.parameters) == ("TX_FRAUD", {"function": "avg", **window, "empty": 0})
    assert (count.source, count.parameters) == (None, {"function": "count", **window})


@pytest.mark.parametrize("days", [1, 7, 30])
def test_customer_windows_include_the_transaction_itself(days: int, job: JobSettings) -> None:
    specs = {spec.name: spec for spec in job.features.specs}
    average = specs[f"CUSTOMER_ID_AVG_AMOUNT_{days}DAY_WINDOW"]
    count = specs[f"CUSTOMER_ID_NB_TX_{days}DAY_WINDOW"]
    window = {"key": "CUSTOMER_ID", "window": f"{days}d"}
    assert (average.source, average.parameters) == ("TX_AMOUNT", {"function": "avg", **window})
    assert (count.source, count.parameters) == (None, {"function": "count", **window})
