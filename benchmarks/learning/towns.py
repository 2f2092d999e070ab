"""Generated towns whose frauds drift, and what models say of their payments: the course of the shipped job, no JVM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import models
from benchmarks.learning.card_features import DAY_MS, card_features
from conf.learning.learning_choice import JobLearning, learning_of
from conf.loading.loader import load_settings
from conf.settings import JobSettings
from jobs.catalogue import default_config
from jobs.sources.generated import parse_generator
from jobs.sources.transactions import TransactionGenerator
from models.registry import local_registry
from models.scoring.loaded import load_model
from state.training.chain import Chain
from state.training.course import Course
from state.training.samples import Samples, in_order
from udfs.experiments.units import Units
from udfs.learning.settings import course_of

STOLEN = 3
"""Pattern of frauds with stolen cards, whose amounts the drift turns from large to small."""

_BATCH = 8_192


@dataclass(frozen=True)
class Town:
    """Payments of a town in the order in which they are learnt, and what models say of them.

    Attributes:
        drift: number of the first payment after the drift.
        patterns: pattern of each fraud, 0 of an honest payment, (n,).
        predictions: chance of a fraud by model, (n,) each: ``online``, ``frozen`` and ``detector``.
    """

    drift: int
    patterns: NDArray[np.int64]
    predictions: Mapping[str, NDArray[np.float64]]

    def rows(self, begin: int, end: int, *, of_stolen: bool) -> NDArray[np.int64]:
        """Return the numbers of payments from the drift on, without frauds of other patterns if wanted."""
        found = np.arange(max(self.drift + begin, 0), min(self.drift + end, len(self.patterns)))
        return found[np.isin(self.patterns[found], (0, STOLEN))] if of_stolen else found


def _samples(source: str, learning: JobLearning) -> tuple[Samples, NDArray[np.int64]]:
    """Return the payments of a town as a job learns them, and the pattern of each."""
    days, generator = parse_generator(source)
    parts = list(TransactionGenerator(generator).days(days))
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    times, size = columns["TX_DATETIME"], len(columns["TX_DATETIME"])
    points = Units(columns["TRANSACTION_ID"]).points(learning.model_name)
    # The pattern stands where the job keeps what it served, so that it is put in order, too.
    samples = in_order(
        Samples(
            times + learning.label_delay_ms,
            times,
            points,
            np.zeros(size, np.uint64),
            columns["TX_FRAUD"].astype(np.float64),
            np.ones(size),
            columns["TX_FRAUD_SCENARIO"].astype(np.float64),
            card_features(columns),
        )
    )
    return samples, samples.served.astype(np.int64)


def learnt_town(source: str, drift_day: int, settings: Sequence[str] = ()) -> Town:
    """Return a generated town and what models say of its payments: one learns them all, one those before the drift.

    Args:
        source: as ``--input`` takes it.
        drift_day: day of the drift, from 0.
        settings: settings that replace those of the shipped job.
    """
    job, learning = _learning(settings)
    samples, patterns = _samples(source, learning)
    options = course_of(job, learning)
    course = Course(options)
    drift = int(np.searchsorted(samples.times, (int(samples.times[0]) // DAY_MS + drift_day) * DAY_MS))
    before = course.learn(samples.take(slice(0, drift)))
    frozen = Chain.of(options.chain).whole
    frozen.restore(course.model().state)
    after = course.learn(samples.take(slice(drift, None)))
    predictions = {
        "online": np.concatenate([before, after]),
        "frozen": frozen.predict_many(samples.features.astype(np.float64)),
        "detector": detected(samples.features),
    }
    return Town(drift, patterns, predictions)


def detected(features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the shipped fraud-detector's scores of payments, (n,)."""
    model = load_model(*local_registry(Path(models.__path__[0])).resolve("fraud-detector", "2.0.0"))
    try:
        parts = [model.predict_matrix(features[begin : begin + _BATCH]) for begin in range(0, len(features), _BATCH)]
    finally:
        model.close()
    return np.concatenate([part.prediction for part in parts])


def _learning(settings: Sequence[str]) -> tuple[JobSettings, JobLearning]:
    found = load_settings(default_config("online-learning"), overrides=settings, environ={})
    assert found.job is not None
    learning = learning_of(found.ml, found.job)
    assert learning is not None
    return found.job, learning
