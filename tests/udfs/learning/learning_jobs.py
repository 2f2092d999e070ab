"""The shipped job that learns with few features, and rows for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from conf.learning.learning_choice import JobLearning, learning_of
from conf.loading.loader import load_settings
from conf.settings import JobSettings
from jobs.catalogue import default_config
from state.training.samples import Samples
from tests.state.training.made import samples

ROWS = 6_000


def settings(**learning: Any) -> tuple[JobSettings, JobLearning]:
    """The shipped job that learns, with three features."""
    known = {"learner": "{algorithm: logistic, optimizer: sgd, learning_rate: 0.05}", "guard": "{margin: 1000}"}
    listed = ", ".join(f"{name}: {value}" for name, value in {**known, **learning}.items())
    loaded = load_settings(
        Path(default_config("online-learning")),
        overrides=[
            "job.inference.feature_fields=[TX_AMOUNT, TX_DURING_NIGHT, TX_DURING_WEEKEND]",
            f"job.learning={{{listed}}}",
        ],
        environ={},
    )
    assert loaded.job is not None
    found = learning_of(loaded.ml, loaded.job)
    assert found is not None
    return loaded.job, found


def rows_of(size: int = ROWS, keys: int = 0) -> Samples:
    """Rows of features far from 0; keys have outcomes of their own."""
    rows = samples(known=range(size), seed=4)
    features = rows.features * np.array([30, 0.5, 2], np.float32) + np.array([100, 0.3, 5], np.float32)
    names = None
    if keys:
        names = np.array([f"{key}".encode() for key in np.random.default_rng(1).integers(0, keys, size)])
    return replace(rows, keys=rows.points, features=features, names=names)
