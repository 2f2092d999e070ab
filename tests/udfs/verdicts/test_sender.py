from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from state.drift.rows import TIME_DIGITS, split_texts
from tests.support.experiments import xxh64
from tests.support.tiny_models import linear
from tests.udfs.verdicts.judged_jobs import (
    LINEAR,
    PICKY,
    SIZE,
    START_MS,
    events,
    experiment,
    judged_settings,
    score,
    sent,
)
from udfs.columns.side_columns import OUTCOMES, only_value
from udfs.verdicts.sender import outcome_fields

HALF = 2**63


def point(card: str, name: str = "test") -> int:
    return xxh64(f"{name}.{card}".encode())


def chances(given: list[dict[str, Any]]) -> np.ndarray:
    return linear(np.array([[each["amount"], each["size"], each["amount"] / each["size"]] for each in given]))


def truths(given: list[dict[str, Any]]) -> np.ndarray:
    return np.array([np.nan if each.get("truth") is None else float(each["truth"]) for each in given])


def test_values_of_every_kind_of_metric(tmp_path: Path) -> None:
    metrics = [
        {"of": "label"},
        {"of": "log_loss"},
        {"of": "auc"},
        {"of": "errors", "role": "guardrail", "margin": 0.1},
        {"of": "latency"},
        {"of": "field", "field": "amount"},
        {"of": "field", "field": "is_new"},
    ]
    given = events()
    (found,) = sent(judged_settings(tmp_path, experiment(*metrics)), given)
    p, truth = chances(given), truths(given)
    label, loss, area, errors, latency, amount, is_new = found.values.T
    np.testing.assert_array_equal(label, truth)
    np.testing.assert_allclose(loss, -np.log(np.where(truth == 1, p, 1 - p)) + truth * 0, rtol=1e-5)
    assert np.isnan(area).all()
    assert not errors.any()
    # One call a batch and variant is one observation.
    counted = np.flatnonzero(np.isfinite(latency))
    assert [int(np.flatnonzero(found.arms == arm)[0]) for arm in (0, 1)] == [
        int(row) for row in sorted(counted, key=lambda row: found.arms[row])
    ]
    assert ((latency[counted] > 0) & (latency[counted] < 60)).all()
    np.testing.assert_array_equal(amount, [each["amount"] for each in given])
    np.testing.assert_array_equal(is_new, [np.nan if each["is_new"] is None else each["is_new"] for each in given])
    np.testing.assert_array_equal(found.labels, truth)
    np.testing.assert_allclose(found.scores, np.where(np.isnan(truth), np.nan, p), rtol=1e-6)


def test_rows_have_unit_time_variant_and_shares(tmp_path: Path) -> None:
    given = events()
    (found,) = sent(judged_settings(tmp_path, experiment(versions=(LINEAR, LINEAR))), given)
    points = [point(each["card"]) for each in given]
    assert (found.experiment, found.step, found.shares) == ("test", 0, (0.5, 0.5))
    assert found.points.tolist() == points
    assert found.times.tolist() == list(range(START_MS, START_MS + SIZE))
    # The default variant lies behind the others.
    assert found.arms.tolist() == [int(each < HALF) for each in points]


@pytest.mark.parametrize("kind", ["long", "double", "boolean"])
def test_outcomes_may_be_any_kind_of_number(tmp_path: Path, kind: str) -> None:
    given = events()
    for each in given:
        if kind != "long" and "truth" in each:
            each["truth"] = bool(each["truth"]) if kind == "boolean" else each["truth"] / 4
    (found,) = sent(judged_settings(tmp_path, experiment({"of": "label"}), truth=kind), given)
    np.testing.assert_array_equal(found.values[:, 0], truths(given))


def test_metrics_without_an_outcome_need_none(tmp_path: Path) -> None:
    metrics = ({"of": "field", "field": "amount"}, {"of": "latency", "role": "signal"})
    (found,) = sent(judged_settings(tmp_path, experiment(*metrics), label=None), events())
    assert len(found) == SIZE
    assert np.isnan(found.labels).all()
    assert np.isnan(found.scores).all()


def test_row_whose_model_failed_is_an_error_and_its_answer_is_that_of_the_default_variant(tmp_path: Path) -> None:
    given = [{**each, "amount": 99.0} if each["id"] % 10 == 1 else each for each in events()]
    metrics = ({"of": "errors", "role": "guardrail", "margin": 0.1}, {"of": "log_loss"})
    (found,) = sent(judged_settings(tmp_path, experiment(*metrics, versions=(LINEAR, PICKY))), given)
    is_bad = np.array([each["amount"] == 99 for each in given]) & (found.arms == 1)
    assert is_bad.any()
    np.testing.assert_array_equal(found.values[:, 0], is_bad)
    np.testing.assert_array_equal(np.isfinite(found.values[:, 1]), np.isfinite(truths(given)))


def test_row_that_no_model_scored_is_an_error_without_a_loss(tmp_path: Path) -> None:
    given = [{**each, "amount": 99.0} if each["id"] % 10 == 1 else each for each in events()]
    metrics = (
        {"of": "errors", "role": "guardrail", "margin": 0.1},
        {"of": "log_loss"},
        {"of": "label"},
    )
    (found,) = sent(judged_settings(tmp_path, experiment(*metrics, versions=(PICKY, PICKY))), given)
    is_bad = np.array([each["amount"] == 99 for each in given])
    np.testing.assert_array_equal(found.values[:, 0], is_bad)
    np.testing.assert_array_equal(np.isfinite(found.values[:, 1]), np.isfinite(truths(given)) & ~is_bad)
    np.testing.assert_array_equal(found.values[:, 2], truths(given))
    assert np.isnan(found.scores[is_bad]).all()


def test_rows_without_a_drawn_variant_are_not_sent(tmp_path: Path) -> None:
    tested = experiment()
    tested["variants"][1]["enabled"] = False
    given = events()
    given[7]["card"] = ""
    (found,) = sent(judged_settings(tmp_path, tested), given)
    drawn = [each["id"] for each in given if each["card"] and point(each["card"]) >= HALF]
    assert (found.times - START_MS).tolist() == drawn
    assert set(found.arms.tolist()) == {0}


def test_rows_outside_the_experiment_are_not_sent(tmp_path: Path) -> None:
    given = events()
    (found,) = sent(judged_settings(tmp_path, experiment(traffic=50)), given)
    inside = [each["id"] for each in given if xxh64(f"layer/.{each['card']}".encode()) < HALF]
    assert (found.times - START_MS).tolist() == inside


def test_experiments_of_a_layer_send_their_own_rows_and_the_latest_time_stands_first(tmp_path: Path) -> None:
    two = [experiment(name=name, layer="l", traffic=40) for name in ("one", "two")]
    settings = judged_settings(tmp_path, *two, experiment(name="three", layer="l", traffic=20, verdict=None))
    given = events()
    found = {each.experiment: each for each in sent(settings, given)}
    assert found.keys() == {"one", "two"}
    ends = (int(0.4 * 2**64), int(0.8 * 2**64))
    of_layer = {each["id"]: xxh64(f"layer/l.{each['card']}".encode()) for each in given}
    assert (found["one"].times - START_MS).tolist() == [number for number, own in of_layer.items() if own < ends[0]]
    assert (found["two"].times - START_MS).tolist() == [
        number for number, own in of_layer.items() if ends[0] <= own < ends[1]
    ]
    assert found["two"].points.tolist() == [
        point(f"card {number}", "two") for number in (found["two"].times - START_MS).tolist()
    ]
    times = [int(text[:TIME_DIGITS]) for text in split_texts(only_value(score(settings, given)[OUTCOMES]))]
    assert times == sorted((int(each.times.max()) for each in found.values()), reverse=True)


def test_batch_without_rows_of_experiments_sends_nothing(tmp_path: Path) -> None:
    settings = judged_settings(tmp_path, experiment())
    assert sent(settings, []) == []
    assert sent(settings, [{**events()[0], "card": ""}]) == []


def test_fields_are_those_that_metrics_read(tmp_path: Path) -> None:
    settings = judged_settings(tmp_path, experiment({"of": "field", "field": "is_new"}))
    assert settings.job is not None
    assert outcome_fields(settings.job, settings.ml) == ("at", "truth", "is_new")
    plain = judged_settings(tmp_path, experiment(verdict=None))
    assert plain.job is not None
    assert outcome_fields(plain.job, plain.ml) == ()
