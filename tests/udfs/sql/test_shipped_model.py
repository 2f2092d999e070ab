"""The shipped model in a query beside the shipped job, row for row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from conf.loading.loader import load_settings
from udfs.functions.score_columns import ScoreColumns
from udfs.sql.named_models import NamedModels, prediction_columns
from udfs.sql.options import NamedModel, SqlOptions
from udfs.sql.sql_models import SqlModels

SIZE = 2000
JOB = "fraud-detection"


def drawn(names: list[str]) -> dict[str, np.ndarray]:
    """Amounts, times and windows as card data has them; some rows lack a window."""
    rng = np.random.default_rng(3)
    table = {}
    for name in names:
        if name == "TX_DATETIME":
            table[name] = rng.integers(1_522_540_800_000, 1_530_000_000_000, SIZE)
        elif "RISK" in name:
            table[name] = rng.uniform(0, 1, SIZE)
        elif "NB_TX" in name:
            table[name] = rng.integers(0, 40, SIZE).astype(float)
        else:
            table[name] = np.round(rng.gamma(2.0, 40.0, SIZE), 2)
    table["CUSTOMER_ID_AVG_AMOUNT_1DAY_WINDOW"][::100] = np.nan
    return table


def test_a_query_predicts_what_the_job_predicts(repository: Path) -> None:
    options = SqlOptions(str(repository / "models"), JOB)
    columns = SqlModels(options).columns(NamedModel("fraud-detector", "", JOB))
    table = drawn([column.name for column in columns])
    settings = load_settings(repository / "conf" / "fraud_detection.yaml", overrides=["ml.metrics.port=0"], environ={})
    assert settings.job is not None
    job = ScoreColumns(settings.job, settings.ml)
    job.open()
    want = job.run({**table, "TX_DATETIME": table["TX_DATETIME"].astype(float)})
    job.close()
    at = pd.Series(table["TX_DATETIME"].astype("datetime64[ms]"))
    arguments = [at if name == "TX_DATETIME" else pd.Series(values) for name, values in table.items()]
    models = NamedModels(options)
    found = prediction_columns(models.score("gress_predict", "fraud-detector", arguments))
    models.close()
    np.testing.assert_array_equal(found["prediction"], want["__prediction"])
    assert len(set(found["prediction"])) > SIZE / 10
    assert list(found["version"]) == list(want["__version"])
    assert list(found["status"]) == list(want["__status"])
