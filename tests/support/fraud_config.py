"""The fraud job's settings as they ship, with fewer windows and the small model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ruamel.yaml import YAML

from jobs.catalogue import default_config
from tests.support.job_runs import write_config
from tests.support.small_model import write_model
from tests.support.window_golden import Asked, expected

FEATURES = (
    "TX_AMOUNT",
    "TX_DURING_NIGHT",
    "CUSTOMER_ID_NB_TX_1DAY_WINDOW",
    "CUSTOMER_ID_AVG_AMOUNT_1DAY_WINDOW",
    "TERMINAL_ID_RISK_1DAY_WINDOW",
    "AMOUNT_RATIO_1DAY",
)
STATELESS = ("TX_AMOUNT", "TX_DURING_NIGHT", "TX_DURING_WEEKEND")
ALERT_THRESHOLD = 0.7
_DAY_S = 86_400


def write_fraud_config(
    folder: Path, *, features: tuple[str, ...] = FEATURES, model: Path | None = None, parallelism: int = 2
) -> Path:
    """Write the settings of a job with some of the shipped features and a model of their number."""
    folder.mkdir(parents=True, exist_ok=True)
    tree = shipped_tree()
    tree["job"]["features"]["specs"] = [s for s in tree["job"]["features"]["specs"] if s["name"] in features]
    path = model or write_model(folder / "model", width=len(features))
    tree["ml"]["models"] = [{"name": "fraud-detector", "version": "2.0.0", "type": "onnx", "path": str(path)}]
    tree["job"]["inference"]["alert_threshold"] = ALERT_THRESHOLD
    # Its small model beats no baseline, and its predictions carry nothing.
    del tree["job"]["evaluation"]
    tree["execution"]["parallelism"] = parallelism
    return write_config(folder / "job.yaml", tree)


def shipped_tree() -> dict[str, Any]:
    """The settings that ship with the job, for a machine so busy that a model may take long."""
    tree: dict[str, Any] = YAML(typ="safe").load(default_config("fraud-detection").read_text("utf-8"))
    # A late answer would be a fallback's, which the guardrail of errors counts.
    tree["ml"]["inference"]["max_latency"] = "60s"
    return tree


def expected_features(rows: pd.DataFrame) -> np.ndarray:
    """Return ``FEATURES`` of transactions by brute force, in float32 as a model gets them."""
    amount = rows["TX_AMOUNT"].to_numpy()
    hour = pd.to_datetime(rows["TX_DATETIME"], unit="ms").dt.hour.to_numpy()
    asked = (
        Asked("NB", "count", "CUSTOMER_ID", _DAY_S),
        Asked("AVG", "avg", "CUSTOMER_ID", _DAY_S, "TX_AMOUNT"),
        Asked("RISK", "avg", "TERMINAL_ID", _DAY_S, "TX_FRAUD", delay_s=7 * _DAY_S, empty=0.0),
    )
    count, mean, risk = (expected(rows, each, time="TX_DATETIME") for each in asked)
    ratio = np.divide(amount, mean, out=np.ones_like(amount), where=mean != 0)
    return np.column_stack([amount, hour < 7, count, mean, risk, ratio]).astype(np.float32)
