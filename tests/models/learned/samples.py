"""Learnt models small enough to be computed by hand, and the times and rows that they come from."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from models.learned.bayes import LearnedBayes
from models.learned.learned_version import LearnedVersion
from models.learned.linear import LearnedLinear
from models.lineage import Lineage

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.timezone.utc)
FEATURES = ("amount", "age", "constant")
FIELDS: dict[str, Any] = {
    "features": FEATURES,
    "weights": np.array([[1.5], [-0.25], [4.0]]),
    "bias": np.array([-0.5]),
    "link": "logistic",
    "mean": np.array([100.0, 40.0, 7.0]),
    "scale": np.array([50.0, 10.0, 0.0]),
    "classes": ("honest", "fraud"),
}
ROWS = np.array([[100, 40, 7], [150, 40, 7], [100, 50, 9], [np.nan, 30, np.nan]], dtype=np.float32)
# Of each row by hand: 1.5 * (amount - 100) / 50 - 0.25 * (age - 40) / 10 - 0.5.
VALUES = np.array([-0.5, 1.0, -0.75, -0.25])


def linear(**fields: Any) -> LearnedLinear:
    """The model of two classes, with some fields changed."""
    return LearnedLinear(**{**FIELDS, **fields})


def three_classes(**fields: Any) -> LearnedLinear:
    """A softmax of three classes."""
    rng = np.random.default_rng(3)
    own = {"weights": rng.normal(size=(3, 3)), "bias": rng.normal(size=3), "classes": ("a", "b", "c")}
    return linear(link="softmax", **{**own, **fields})


def regression(**fields: Any) -> LearnedLinear:
    return linear(link="identity", classes=(), **fields)


def margin(**fields: Any) -> LearnedLinear:
    return linear(link="sign", **fields)


def bayes(**fields: Any) -> LearnedBayes:
    known = {
        "features": FEATURES,
        "classes": ("honest", "fraud"),
        "means": np.array([[100.0, 40.0, 7.0], [200.0, 35.0, 7.0]]),
        "variances": np.array([[900.0, 100.0, 1.0], [2500.0, 90.0, 1.0]]),
        "log_priors": np.log([0.9, 0.1]),
    }
    return LearnedBayes(**{**known, **fields})


KINDS = {"logistic": linear, "softmax": three_classes, "identity": regression, "sign": margin, "bayes": bayes}


def lineage(slot: int = 0, **fields: Any) -> Lineage:
    """The lineage of a slot of five minutes."""
    known = {
        "job": "fraud",
        "learner": "ftrl",
        "settings": {"alpha": 0.1, "seed": 1, "is_adaptive": True, "loss": "log", "clip": None},
        "updates": 1000 + slot,
        "counts": {"honest": 900, "fraud": 100 + slot},
        "newest": NOW + dt.timedelta(minutes=5 * slot),
        "code_version": "0.9.0",
    }
    return Lineage.model_validate({**known, **fields})


def learned(slot: int = 0, **fields: Any) -> LearnedVersion:
    """The learnt state of a job at a slot; fields are those of the version, or else of its lineage."""
    own = {"model": linear(bias=[-0.5 + slot / 100])}
    own |= {key: fields.pop(key) for key in ("model", "scores", "feature_set", "feature_set_hash") if key in fields}
    own.setdefault("scores", {"auc_roc": 0.9, "log_loss": 0.12345, "pending": float("nan")})
    return LearnedVersion(lineage=fields.pop("lineage", None) or lineage(slot, **fields), **own)
