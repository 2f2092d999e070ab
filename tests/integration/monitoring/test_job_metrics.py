"""Prometheus' figures of a job equal the rows that the job wrote."""

from __future__ import annotations

import numpy as np
import pytest

from tests.integration.monitoring.monitored import Monitored
from tests.monitoring.prometheus import Series
from tests.monitoring.shipped import Asked, asked_by_dashboard, metric_names, rules
from tests.support.job_runs import read_parts
from udfs.metrics.catalogue import METRICS

# Their parts are not in the fraud job.
_OF_OTHERS = ("abtest_", "online_", "training_", "checkpoint_duration", "labels_", "feature_store_", "autoscale_")
# Nothing of the kind happened; a breaker is counted from the first time that it opens.
_OF_FAULTS = {
    "circuit_breaker_state",
    "features_out_of_domain_total",
    "model_load_errors_total",
    "fallback_predictions_total",
    "model_registry_errors_total",
    "model_swaps_total",
}
# To Prometheus, a label without a value is none: the models run where they are to.
_EMPTY = {"model_device_info": {"reason"}}
FLINK = [asked for asked in asked_by_dashboard() if asked.is_flink]


def by(label: str, found: dict[frozenset[tuple[str, str]], float]) -> dict[str, float]:
    """Values that are not 0, by one label."""
    return {dict(labels)[label]: value for labels, value in found.items() if value}


@pytest.mark.parametrize("name", [n for n in METRICS if not n.startswith(_OF_OTHERS) and n not in _OF_FAULTS])
def test_metric_is_there(name: str, monitored: Monitored) -> None:
    suffix = "_count" if METRICS[name].kind == "histogram" else ""
    # A gauge goes with its worker.
    found = monitored.prometheus.query(f"max_over_time(gress_ml_{name}{suffix}[10m])")
    assert found
    labels = {label if label != "job" else "exported_job" for label in METRICS[name].labels}
    labels -= _EMPTY.get(name, set())
    for series in found:
        assert {label for label, _ in series} - {"job", "instance"} == labels


def test_info_tells_tags_and_that_the_job_is_pinned(monitored: Monitored) -> None:
    (series,) = monitored.prometheus.query("max_over_time(gress_ml_model_info[10m]) == 1")
    found = dict(series)
    assert (found["tags"], found["description"]) == ("environment=production", "of the tests")
    assert (found["version"], found["follows"]) == ("2.0.0", "settings")
    assert monitored.run.summary.about == {"2.0.0": "environment=production; of the tests"}


def test_counts_are_those_of_the_summary(monitored: Monitored) -> None:
    def query(metric: str, before: str = "") -> Series:
        # On a busy machine a scrape fails now and then, and leaves a moment without data.
        return monitored.prometheus.query(f"{before}(last_over_time({metric}[10m]))")

    summary = monitored.run.summary
    assert summary.adds_up
    succeeded = by("version", query('gress_ml_predictions_total{status="success"}', "sum by (version)"))
    assert succeeded == summary.versions
    assert sum(succeeded.values()) == summary.predictions
    dead = by("reason", query('gress_ml_dead_letters_total{exported_job="fraud-detection"}', "sum by (reason)"))
    assert dead == summary.reasons
    (failed,) = query('gress_ml_predictions_total{status="error"}').values()
    assert failed == summary.reasons["not_finite"]
    (scored,) = query("gress_ml_inference_latency_seconds_count").values()
    assert scored == summary.predictions + failed
    (left,) = query("gress_ml_end_to_end_latency_seconds_count").values()
    assert left == summary.predictions


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
def test_latency_quantile_is_in_the_bucket_of_the_rows_own(share: float, monitored: Monitored) -> None:
    bounds = np.array([0.0, *METRICS["inference_latency_seconds"].buckets, np.inf])
    expected = np.quantile(monitored.run.predictions["latency_us"].to_numpy() / 1e6, share)
    query = f"histogram_quantile({share}, sum by (le) (last_over_time(gress_ml_inference_latency_seconds_bucket[10m])))"
    (found,) = monitored.prometheus.query(query).values()
    place = np.searchsorted(bounds, expected)
    assert bounds[max(place - 2, 0)] <= found <= bounds[min(place + 1, len(bounds) - 1)]
    # Prometheus tells buckets apart, not values within one.
    assert abs(np.searchsorted(bounds, found) - place) <= 1


def test_drift_scores_are_those_of_the_windows(monitored: Monitored) -> None:
    records = read_parts(monitored.run.output / "drift")
    query = 'last_over_time(gress_ml_model_drift_score{metric="overall"}[10m])'
    (found,) = monitored.prometheus.query(query).values()
    assert found in records["score"].to_numpy()


@pytest.mark.parametrize("asked", FLINK, ids=lambda asked: asked.where)
def test_flinks_own_metrics_have_data(asked: Asked, monitored: Monitored) -> None:
    query = asked.filled(rate_interval="15s", span="1m", job="fraud-detection")
    assert monitored.prometheus.query(query, at=monitored.running_at)


@pytest.mark.parametrize("rule", rules("alerts"), ids=lambda rule: rule["alert"])
def test_flinks_metrics_in_alerts_exist(rule: dict[str, str], monitored: Monitored) -> None:
    for name in metric_names(rule["expr"]):
        if name.startswith("flink_"):
            found = monitored.prometheus.query(f"last_over_time({name}[10m])")
            assert {dict(labels)["job_name"] for labels in found} == {"fraud-detection"}


def test_source_counts_pieces_of_files(monitored: Monitored) -> None:
    # It has handed out the pieces of a small file before it is looked at.
    query = 'max_over_time(flink_taskmanager_job_task_operator_numRecordsIn{operator_name=~"Source: .*"}[10m])'
    (read,) = monitored.prometheus.query(query).values()
    events = monitored.run.summary.events
    assert events is not None
    assert 0 <= read < events


def test_a_sound_job_raises_no_alert(monitored: Monitored) -> None:
    assert monitored.prometheus.query('count_over_time(ALERTS{alertstate="firing"}[10m])') == {}
    assert {rule["health"] for rule in monitored.prometheus.alerts().values()} == {"ok"}
