"""The fraud-document job's sample and model, without Flink, and its settings beside those of the document."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import numpy as np
import onnxruntime
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

import gress
from conf.loading.loader import load_settings
from conf.settings import JobSettings
from jobs.catalogue import default_config
from models.registry import open_registry
from models.training.payments.card_payments import PaymentSettings, as_rows, draw_payments
from tests.support.samples import first_rows

ROWS = 8_000
CATEGORIES = ["groceries", "restaurants", "fuel", "gaming", "travel", "electronics", "jewelry"]
COUNTRIES = ["US", "GB", "DE", "FR", "BR", "IN", "NG", "RU"]


@pytest.fixture(scope="module")
def job() -> JobSettings:
    found = load_settings(default_config("fraud-document"), environ={}).job
    assert found is not None
    return found


@pytest.fixture(scope="module")
def sample() -> list[dict[str, Any]]:
    return first_rows("fraud-document", ROWS + 1)


@pytest.fixture(scope="module")
def scores(sample: list[dict[str, Any]]) -> np.ndarray[Any, Any]:
    with gress.Scorer.open("package:models", "payment-fraud", config="fraud-document") as scorer:
        return np.asarray(scorer.score(sample).prediction)


def _features(row: dict[str, Any]) -> list[float]:
    """Compute the features by Python's own means."""
    at = datetime.fromtimestamp(row["time"] / 1000, timezone.utc)
    category, country = CATEGORIES.index(row["merchant_category"]), COUNTRIES.index(row["country"])
    amount = row["amount"]
    clock = [at.hour, at.weekday(), at.weekday() >= 5, at.hour >= 22 or at.hour < 6]
    return [amount / 10_000, np.log1p(amount), category, *clock, country]


def test_scores_are_the_model_s_on_the_document_s_features(
    sample: list[dict[str, Any]], scores: np.ndarray[Any, Any]
) -> None:
    _, file = open_registry("package:models").resolve("payment-fraud", "1.0.0")
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    rows = np.array([_features(row) for row in sample[:500]], np.float32)
    (wanted,) = session.run(["probabilities"], {session.get_inputs()[0].name: rows})
    np.testing.assert_allclose(scores[:500], wanted[:, 1], atol=1e-6)


def test_model_is_far_better_than_the_example_s_rule_and_than_the_amount(
    sample: list[dict[str, Any]], scores: np.ndarray[Any, Any]
) -> None:
    truth = [row["is_fraud"] for row in sample]
    for measure in (average_precision_score, roc_auc_score):
        others = [measure(truth, [row[name] for row in sample]) for name in ("rule", "amount")]
        assert measure(truth, scores) > max(others) + 0.2


def test_alerts_are_mostly_frauds(sample: list[dict[str, Any]], scores: np.ndarray[Any, Any], job: JobSettings) -> None:
    assert job.inference.alert_threshold == 0.7
    truth = np.array([row["is_fraud"] for row in sample], bool)
    assert truth[scores > 0.7].mean() > 0.9
    assert (scores > 0.7)[truth].mean() > 0.7


def test_settings_are_those_of_the_document_s_example(job: JobSettings) -> None:
    inference = job.inference
    assert (inference.batch_size, inference.batch_timeout_ms, inference.max_concurrency) == (100, 50, 10)
    assert inference.output_field == "fraud_score"
    assert [(spec.name, spec.type) for spec in job.features.specs] == [
        ("amount_normalized", "normalize"),
        ("amount_log", "log"),
        ("merchant_category", "categorical"),
        ("temporal_features", "temporal"),
        ("is_high_risk_country", "categorical"),
    ]
    assert job.features.specs[0].parameters == {"min": 0.0, "max": 10_000.0}


def test_sample_is_drawn_by_the_law(sample: list[dict[str, Any]]) -> None:
    assert sample == list(as_rows(draw_payments(PaymentSettings(seed=2))))
    assert len(sample) == ROWS
