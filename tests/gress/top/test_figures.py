from __future__ import annotations

import json
import math

import pytest
from pydantic_core import to_jsonable_python

from gress.metrics.scrape import Scrape
from gress.top.figures import Drift, Figures, figures
from gress.top.learning import LearningFigures
from gress.top.rates import History
from tests.gress.metrics.expositions import Exposition

GONE = Scrape("c:1", 1, problem="timed out")


def predicted(host: Exposition, version: str, good: int, bad: int = 0) -> Exposition:
    host.count("predictions_total", ("fraud", version, "success"), good)
    return host.count("predictions_total", ("fraud", version, "error"), bad)


def after_one_second(*hosts: tuple[Exposition, Exposition]) -> Figures:
    """The figures of hosts that say one thing and a second later another."""
    history = History()
    for at_s in (0, 1):
        scrapes = [pair[at_s].at(at_s, f"host{index}:1") for index, pair in enumerate(hosts)]
        history.add(at_s, scrapes)
    return figures(history, scrapes)


def test_rows_are_predictions_and_errors_of_all_endpoints() -> None:
    first = (predicted(Exposition(), "1", 100), predicted(Exposition(), "1", 150, 10))
    second = (predicted(Exposition(), "2", 0), predicted(Exposition(), "2", 30))
    found = after_one_second(first, second)
    assert (found.rows_per_s, found.rows_per_s_minute, found.history) == (90, 90, ((0, 90),))
    assert found.rows_total == 150 + 10 + 30


def test_one_answer_has_gauges_and_no_rates() -> None:
    history, host = History(), predicted(Exposition(), "1", 5).set("models_loaded", ("fraud", "1", "onnx"), 2)
    history.add(0, [host.at(0)])
    found = figures(history, [host.at(0)])
    (version,) = found.versions
    assert (found.rows_per_s, version.rows_per_s, version.share, version.loaded) == (None, None, None, 2)
    assert (found.rows_total, version.rows_total) == (5, 5)


def test_versions_are_those_of_all_endpoints() -> None:
    first = Exposition().count("inference_errors_total", ("fraud", "2", "X"), 6)
    first.set("circuit_breaker_state", ("fraud", "2"), 1).set("models_loaded", ("fraud", "2", "onnx"), 1)
    second = (
        Exposition().set("circuit_breaker_state", ("fraud", "2"), 2).set("models_loaded", ("fraud", "2", "onnx"), 2)
    )
    second.set("models_loaded", ("other", "1", "onnx"), 1)
    predicted(second, "1", 10)
    predicted(second, "2", 30, 99).observe("inference_latency_seconds", ("fraud", "2"), *[0.002] * 10)
    found = after_one_second((Exposition(), first), (Exposition(), second))
    new, old, other = found.versions
    assert (new.model, new.version, new.share, new.rows_per_s, new.errors_per_s) == ("fraud", "2", 0.75, 30, 6)
    assert (new.breaker, new.loaded) == ("open", 3)
    assert new.latency_p99_s == pytest.approx(0.001 + 0.004 * 0.99)
    assert (old.version, old.share, old.breaker, old.loaded) == ("1", 0.25, None, 0)
    assert (other.model, other.share, other.rows_per_s) == ("other", None, 0)


def test_jobs_of_one_host_stay_apart() -> None:
    host = predicted(Exposition("card-fraud"), "1", 30)
    host.observe("inference_latency_seconds", ("fraud", "1"), 0.002)
    other = predicted(host.of("shop-fraud"), "1", 10)
    other.count("inference_errors_total", ("fraud", "1", "prediction_failed"), 4)
    other.set("circuit_breaker_state", ("fraud", "1"), 2).set("model_drift_score", ("fraud", "1", "overall"), 0.9)
    for each, rows in ((host, 9), (other, 1)):
        each.count("abtest_variant_selections_total", ("x", "new"), rows)
    found = after_one_second((Exposition(), host))
    assert found.has_several_jobs
    cards, shops = found.versions
    assert (cards.job, cards.share, cards.rows_per_s, cards.errors_per_s) == ("card-fraud", 1.0, 30, 0)
    assert (cards.breaker, cards.latency_p99_s) == (None, pytest.approx(0.001 + 0.004 * 0.99))
    assert (shops.job, shops.share, shops.rows_per_s, shops.errors_per_s) == ("shop-fraud", 1.0, 10, 4)
    assert (shops.breaker, shops.latency_p99_s) == ("open", None)
    assert found.drift == (Drift("shop-fraud", "fraud", "1", "overall", 0.9),)
    assert [(each.job, each.share, each.rows_per_s) for each in found.variants] == [
        ("card-fraud", 1.0, 9),
        ("shop-fraud", 1.0, 1),
    ]


def test_variant_has_the_action_of_its_last_look() -> None:
    host = Exposition()
    for variant in ("control", "new"):
        host.count("abtest_variant_selections_total", ("x", variant), 10)
    host.set("abtest_verdict_info", ("x", "new", "continue"), 0).set("abtest_verdict_info", ("x", "new", "hold"), 1)
    found = after_one_second((Exposition(), host)).variants
    assert [(each.variant, each.verdict) for each in found] == [("control", ""), ("new", "hold")]


def test_variants_share_their_experiment() -> None:
    host = Exposition()
    for experiment, variant, rows in (("x", "control", 90), ("x", "new", 10), ("y", "only", 5)):
        host.count("abtest_variant_selections_total", (experiment, variant), rows)
    host.count("abtest_variant_errors_total", ("x", "new", "E"), 2)
    host.observe("abtest_variant_latency_seconds", ("x", "new"), *[0.7] * 4)
    shares = [
        (each.experiment, each.variant, each.share, each.errors_per_s, each.latency_p99_s)
        for each in after_one_second((Exposition(), host)).variants
    ]
    assert shares == [
        ("x", "control", 0.9, 0, None),
        ("x", "new", 0.1, 2, pytest.approx(0.5 + 0.5 * 0.99)),
        ("y", "only", 1.0, 0, None),
    ]


def test_reasons_are_counted_a_minute_and_in_all() -> None:
    before = Exposition().count("dead_letters_total", ("parse", "malformed"), 100)
    after = Exposition().count("dead_letters_total", ("parse", "malformed"), 101)
    after.count("dead_letters_total", ("score", "failed"), 4)
    after.count("fallback_predictions_total", ("fraud", "2", "too_slow"), 3)
    found = after_one_second((before, after))
    assert [(each.labels["reason"], each.per_minute, each.total) for each in found.dead_letters] == [
        ("failed", 240, 4),
        ("malformed", 60, 101),
    ]
    (fallback,) = found.fallbacks
    assert fallback.labels == {"job": "job", "model": "fraud", "version": "2", "reason": "too_slow"}
    assert (fallback.per_minute, fallback.total) == (180, 3)


def test_drift_has_the_overall_score_first_and_then_the_worst() -> None:
    first, second = Exposition(), Exposition()
    for metric, score in (("feature:a", 0.1), ("feature:b", math.nan), ("overall", 0.4), ("feature:c", 0.7)):
        first.set("model_drift_score", ("fraud", "1", metric), score)
    for metric, score in (("feature:a", 0.95), ("feature:c", math.nan), ("overall", math.nan)):
        second.set("model_drift_score", ("fraud", "1", metric), score)
    found = after_one_second((first, first), (second, second)).drift
    assert [(each.metric, each.score) for each in found] == [
        ("overall", 0.4),
        ("feature:a", 0.95),
        ("feature:c", 0.7),
        ("feature:b", None),
    ]
    assert found[0] == Drift("job", "fraud", "1", "overall", 0.4)


def test_swaps_and_errors_of_loads_and_registries() -> None:
    host = Exposition().count("model_swaps_total", ("fraud", "rejected"), 1)
    host.count("model_load_errors_total", ("fraud", "3", "", "load_failed"), 1)
    host.count("model_registry_errors_total", ("fraud",), 2)
    found = after_one_second((host, host))
    totals = [(dict(each.labels), each.per_minute, each.total) for each in (*found.swaps, *found.registry_errors)]
    model = {"job": "job", "model": "fraud"}
    assert totals == [({**model, "result": "rejected"}, 0, 1), (model, 0, 2)]
    assert [each.labels["error_type"] for each in found.load_errors] == ["load_failed"]


def learning(host: Exposition, rows: int = 0) -> Exposition:
    """A host on which a model learns, and publishes its second version."""
    host.count("online_updates_processed_total", ("fraud", "online"), rows)
    for version, auc in (("online", 0.875), ("served", 0.75), ("2.0.0", 0.5)):
        host.set("model_score", ("fraud", version, "auc_roc"), auc)
    host.set("model_score", ("fraud", "online", "log_loss"), 0.25)
    host.set("online_publish_failures", ("fraud",), 0)
    return host.set("online_version_info", ("fraud", "1.0.0"), 0).set("online_version_info", ("fraud", "1.0.1"), 1)


def test_model_that_learns_has_its_figures() -> None:
    before, after = learning(Exposition(), 100), learning(Exposition(), 160)
    after.count("training_errors_total", ("fraud", "online", "publish_failed"), 2)
    after.set("online_publish_failures", ("fraud",), 2)
    other = Exposition().count("online_updates_processed_total", ("fraud", "online"), 40)
    expected = LearningFigures("job", "fraud", 100, 200, 2, "auc_roc", 0.875, 0.75, "1.0.1", 2)
    assert after_one_second((before, after), (Exposition(), other)).learning == (expected,)


def test_model_that_has_not_learnt_yet_has_no_score() -> None:
    host = Exposition().count("online_updates_processed_total", ("fraud", "online"), 0)
    host.set("model_score", ("fraud", "online", "rmse"), math.nan)
    assert after_one_second((host, host)).learning == (LearningFigures("job", "fraud", 0, 0, 0, "", None, None, "", 0),)


def test_models_that_learn_in_several_jobs_stay_apart() -> None:
    host = learning(Exposition("cards"), 5)
    host.of("shops").set("model_score", ("fraud", "online", "auc_roc"), 0.5)
    host.of("shops").count("online_updates_processed_total", ("fraud", "online"), 7)
    found = after_one_second((Exposition(), host))
    assert found.has_several_jobs
    assert [(each.job, each.rows_total, each.score) for each in found.learning] == [
        ("cards", 5, 0.875),
        ("shops", 7, 0.5),
    ]


def test_who_does_not_answer_is_named() -> None:
    host = predicted(Exposition(), "1", 5)
    history = History()
    scrapes = [host.at(0), Exposition().at(0, "b:1"), GONE]
    history.add(0, scrapes)
    answers = figures(history, scrapes).endpoints
    assert [(each.endpoint, each.problem, each.has_metrics) for each in answers] == [
        ("host:1", "", True),
        ("b:1", "", False),
        ("c:1", "timed out", False),
    ]


def test_figures_are_json_without_nan() -> None:
    host = Exposition().set("model_drift_score", ("fraud", "1", "concept"), math.nan)
    json.dumps(to_jsonable_python(after_one_second((host, host))), allow_nan=False)
