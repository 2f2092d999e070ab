"""The shipped settings of learning recover from drift, and models that do not learn do not; features by brute force."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from benchmarks.learning.card_features import card_features
from benchmarks.learning.drift_recovery import area, figures_of, labels_to_recover
from benchmarks.learning.towns import STOLEN, Town, learnt_town
from conf.loading.loader import load_settings
from jobs.catalogue import default_config
from jobs.sources.transactions import GeneratorSettings, TransactionGenerator
from tests.support.window_golden import Asked, expected
from udfs.features.feature_set import compile_feature_set

DAY_S = 86_400
FUNCTIONS = {"NB": "count", "AVG": "avg", "STD": "stddev", "RISK": "avg"}


@pytest.fixture(scope="module")
def rows() -> Mapping[str, Any]:
    settings = GeneratorSettings(customers=12, terminals=9, radius=80.0, compromised_terminals=0.02, seed=3)
    parts = list(TransactionGenerator(settings).days(20))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


@pytest.fixture(scope="module")
def columns() -> tuple[str, ...]:
    job = load_settings(default_config("online-learning"), environ={}).job
    assert job is not None
    return compile_feature_set(job.features, job.events).columns


def asked(column: str) -> Asked:
    """The window that a feature's name tells."""
    key = "CUSTOMER_ID" if column.startswith("CUSTOMER") else "TERMINAL_ID"
    what, *_ = column.removeprefix(f"{key}_").split("_")
    window_s = DAY_S * int(column.split("_")[-2].removesuffix("DAY"))
    source = None if what == "NB" else "TX_FRAUD" if what == "RISK" else "TX_AMOUNT"
    delay_s = 7 * DAY_S if key == "TERMINAL_ID" else 0
    return Asked(column, FUNCTIONS[what], key, window_s, source, delay_s, None if what == "NB" else 0.0)


def test_features_are_those_of_brute_force(rows: Mapping[str, Any], columns: tuple[str, ...]) -> None:
    found, frame = card_features(rows), pd.DataFrame(rows)
    for name in (column for column in columns if column.endswith("_WINDOW")):
        wanted = expected(frame, asked(name), time="TX_DATETIME").astype(np.float32)
        np.testing.assert_allclose(found[:, columns.index(name)], wanted, rtol=1e-6, err_msg=name)
    times = pd.to_datetime(frame["TX_DATETIME"], unit="ms")
    mean = found[:, columns.index("CUSTOMER_ID_AVG_AMOUNT_7DAY_WINDOW")]
    plain = {
        "TX_AMOUNT": frame["TX_AMOUNT"],
        "TX_DURING_WEEKEND": times.dt.dayofweek >= 5,
        "TX_DURING_NIGHT": times.dt.hour < 7,
        "AMOUNT_RATIO_7DAY": frame["TX_AMOUNT"] / mean,
    }
    for name, values in plain.items():
        np.testing.assert_allclose(found[:, columns.index(name)], values, rtol=1e-6, err_msg=name)


def made_town(online: Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[Any]]) -> Town:
    """A town whose drift is at 20,000 of 60,000 payments, and every tenth a fraud, stolen cards and others in turns."""
    at = np.arange(60_000)
    patterns = np.where(at % 20 == 0, STOLEN, np.where(at % 10 == 0, 2, 0))
    return Town(20_000, patterns, {"online": online(patterns, at - 20_000)})


def right_but_for(wrong: Callable[[NDArray[np.int64]], NDArray[np.bool_]]) -> Town:
    """A town with a model that is sure of the truth, and of the opposite at some payments, counted from the drift."""
    return made_town(lambda patterns, at: (patterns == STOLEN) ^ wrong(at))


def test_labels_to_recover_are_those_before_the_area_is_high_again() -> None:
    town = right_but_for(lambda at: (at >= 0) & (at < 4_500))
    # Of pairs of a fraud and an honest payment, those of a right and a wrong answer are ties.
    for begin, share in ((2_000, 0.25), (3_000, 0.15)):
        found = area([town], "online", begin, begin + 10_000, of_stolen=True)
        assert found == pytest.approx((1 - share) ** 2 + share * (1 - share), abs=0.001)
    assert labels_to_recover([town], "online") == 3_000


def test_model_that_is_right_for_a_while_has_not_recovered() -> None:
    assert labels_to_recover([right_but_for(lambda at: at >= 12_000)], "online") is None


def test_model_that_stays_wrong_does_not_recover() -> None:
    town = right_but_for(lambda at: at >= 0)
    assert labels_to_recover([town], "online") is None


def test_frauds_of_other_patterns_are_left_out_of_the_area_of_stolen_cards() -> None:
    town = right_but_for(lambda at: at < -60_000)
    assert area([town], "online", 0, 5_000, of_stolen=True) == 1.0
    assert area([town], "online", 0, 5_000, of_stolen=False) == pytest.approx(0.75)


@pytest.mark.slow
def test_shipped_settings_recover_from_drift_and_models_that_do_not_learn_do_not() -> None:
    town = learnt_town("generator:days=60,drift=30", 30)
    found = figures_of([town])
    assert min(found["stolen_auc_before"][model] for model in ("online", "frozen", "detector")) > 0.85
    recovered = {model: area([town], model, 5_000, 45_000, of_stolen=True) for model in town.predictions}
    assert recovered["online"] > 0.8
    assert recovered["frozen"] < 0.4
    assert recovered["detector"] < 0.7
    assert found["labels_to_recover"]["online"] <= 5_000
    assert found["labels_to_recover"]["frozen"] is None
    assert found["labels_to_recover"]["detector"] is None
    # Over all frauds, too.
    assert found["auc_after"]["online"] > found["auc_after"]["frozen"] + 0.03
