"""Prometheus accepts the rules; each alert fires and ends, and reads metrics that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.monitoring.prometheus import SHIPPED, Prometheus
from tests.monitoring.shipped import family, metric_names, rules
from udfs.metrics.catalogue import METRICS

Tool = Callable[..., subprocess.CompletedProcess[str]]

ALERTS = {rule["alert"]: rule for rule in rules("alerts")}
SCENARIOS = sorted((SHIPPED / "tests").glob("*.yml"))
ASKED_FOR = {
    "MLInferenceHighLatency",
    "MLInferenceHighErrorRate",
    "MLModelDrift",
    "MLBreakerOpen",
    "MLDeadLettersGrowing",
    "MLNoPredictions",
    "MLCheckpointFailing",
    "MLModelSwapRejected",
    "MLLearningNotPublished",
    "MLGpuNotUsed",
    "MLFeatureStoreNotWritten",
    "MLFeatureStoreDropped",
    "MLFeatureStoreNotRead",
    "MLFeatureStoreSlow",
    "MLFeatureStoreMostlyMissing",
    "MLFeatureStoreOld",
    "MLEndpointDown",
}


def test_configuration_is_valid(promtool: Tool) -> None:
    done = promtool("check", "config", SHIPPED / "prometheus.yml")
    assert done.returncode == 0, done.stdout
    assert f"{len(ALERTS)} rules found" in done.stdout


@pytest.mark.parametrize("scenarios", SCENARIOS, ids=lambda path: path.stem)
def test_scenarios_come_out_as_written(scenarios: Path, promtool: Tool) -> None:
    done = promtool("test", "rules", scenarios)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("scenario", "written", "instead"),
    [
        ("a slow model alerts", " > 1.0", " > 10.0"),
        ("a version that fails on a tenth", "share_rate5m > 0.05", "share_rate5m > 0.5"),
        ("drift alerts", "drift_score) > 0.8", "drift_score) > 0.95"),
        ("an open breaker alerts", "[2m])) == 2", "[2m])) == 3"),
        ("dead letters of a reason", ") > 0.01", ") > 0.2"),
        ("a source that reads", "unless on (exported_job) sum by", "unless on () sum by"),
        (
            "rows that wait for a model",
            "unless sum by (exported_job, model)",
            "unless on (model) sum by (exported_job, model)",
        ),
        ("a source that reads", '"exported_job", "$1"', '"other", "$1"'),
        ("a slow model alerts", "(exported_job, model, version, le) (rate(", "(model, version, le) (rate("),
        (
            "a version that fails on a tenth",
            "sum by (exported_job, model) (rate(gress_ml_pred",
            "sum by (model) (rate(gress_ml_pred",
        ),
        ("a model that cannot be published", "(exported_job, model) (gress_ml_online", "(model) (gress_ml_online"),
        ("a model that cannot be published", "for: 30m", "for: 5m"),
        ("checkpoints that fail", "[15m])) > 0\n          unless", "[15m])) > 0\n          or"),
        ("a store that stays away", "write_errors_total[2m])) > 0", "write_errors_total[2m])) > 100"),
        (
            "a store that stays away",
            "sum by (exported_job) (rate(gress_ml_feature",
            "sum by (exported_job, error_type) (rate(gress_ml_feature",
        ),
        ("a job that drops features", "dropped_total[10m])) > 0", "dropped_total[10m])) > 1000"),
        ("a store that cannot be read", "store_errors_total[2m])) > 0", "store_errors_total[2m])) > 100"),
        ("a store that cannot be read", "[2m])) > 0\n        for: 3m", "[2m])) > 0\n        for: 30m"),
        ("a store that is slow", "seconds_bucket[5m]))) > 0.25", "seconds_bucket[5m]))) > 2.5"),
        ("a store that has nothing of a job", "> 0.9 * sum", "> 1.1 * sum"),
        ("values that are too old", "> on (exported_job) group_left 0.5", "> on (exported_job) group_left 5"),
        ("values that are too old", "sum by (exported_job, feature)", "sum by (exported_job, reason)"),
        ("a version that is not on the GPU", 'device_info{reason!=""}', "device_info"),
        ("an endpoint that stays away", "up{job=~", "up{job!~"),
        # The rules count a counter's first value, and do not count earlier values again.
        (
            "dead letters of a reason",
            "or increase(gress_ml_dead_letters_total[10m])",
            "or increase(gress_ml_dead_letters_total[1s])",
        ),
        (
            "counts from before a gap",
            "unless last_over_time(gress_ml_dead_letters_total[1d] offset 10m)",
            "unless absent(up)",
        ),
        ("counts from before a gap", "and on (job, instance) (up offset 10m)", ""),
        ("dead letters of a reason", "(gress_ml_dead_letters_total unless", "(gress_ml_dead_letters_total * 0 unless"),
        ("a rejected deployment", 'swaps_total{result="rejected"}\n', 'swaps_total{result="rejected"} * 0\n'),
    ],
)
def test_scenario_notices_a_rule_that_is_wrong(
    scenario: str, written: str, instead: str, promtool: Tool, tmp_path: Path
) -> None:
    folder = shutil.copytree(SHIPPED, tmp_path / "prometheus")
    for path in (folder / "rules").iterdir():
        text = path.read_text("utf-8")
        if written in text:
            path.write_text(text.replace(written, instead), "utf-8")
            assert promtool("check", "rules", path).returncode == 0
            break
    else:
        pytest.fail(f"no rule has {written}")
    done = promtool("test", "rules", _alone(scenario, folder / "tests"))
    assert done.returncode == 1
    assert "got:" in done.stdout, "the scenario comes out otherwise, and is no broken file"


def _alone(scenario: str, folder: Path) -> Path:
    """Write the one scenario whose name begins so to a file of its own, as one of many would take most of the time."""
    yaml, found = YAML(typ="safe"), []
    for path in folder.glob("*.yml"):
        tree = yaml.load(path)
        found += [tree | {"tests": [each]} for each in tree["tests"] if each["name"].startswith(scenario)]
    (tree,) = found
    path = folder / "alone.yml"
    yaml.dump(tree, path)
    return path


def test_every_alert_fires_once_and_ends() -> None:
    assert set(ALERTS) == ASKED_FOR
    cases = [test for path in SCENARIOS for test in YAML(typ="safe").load(path)["tests"]]
    for name in ALERTS:
        outcomes = [
            [bool(each.get("exp_alerts")) for each in case.get("alert_rule_test", ()) if each["alertname"] == name]
            for case in cases
        ]
        assert [False, True, False] in [_changes(outcome) for outcome in outcomes], name


def _changes(outcomes: list[bool]) -> list[bool]:
    return [now for place, now in enumerate(outcomes) if place == 0 or outcomes[place - 1] != now]


@pytest.mark.parametrize("rule", ALERTS.values(), ids=ALERTS)
def test_alert_says_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert set(rule["annotations"]) == {"summary", "description", "action"}
    texts = " ".join(rule["annotations"].values())
    assert "{{" in rule["annotations"]["summary"]
    kept = {"job", "instance", "model", "version", "metric", "exported_job", "stage", "reason", "job_name", "job_id"}
    kept |= {"entity", "feature"}
    assert set(re.findall(r"\$labels\.(\w+)", texts)) <= kept


@pytest.mark.parametrize(
    "rule", rules("alerts") + rules("recording"), ids=lambda rule: rule.get("alert") or rule["record"]
)
def test_rule_reads_metrics_that_exist(rule: dict[str, Any], watched: Prometheus) -> None:
    for name in metric_names(rule["expr"]):
        if name.startswith("gress_ml_"):
            assert family(name) in METRICS
            watched.wait_for(lambda name=name: bool(watched.query(name)))


def test_scenarios_use_labels_that_exist() -> None:
    for path in SCENARIOS:
        for test in YAML(typ="safe").load(path)["tests"]:
            for series in test["input_series"]:
                name, _, selector = series["series"].partition("{")
                if name.startswith("gress_ml_"):
                    labels = {label.replace("exported_job", "job_") for label in re.findall(r"(\w+)=", selector)}
                    known = {label.replace("job", "job_") for label in METRICS[family(name)].labels}
                    assert labels - {"le", "instance", "job"} <= known, series["series"]


@pytest.mark.parametrize("rule", rules("recording"), ids=lambda rule: rule["record"])
def test_recorded_values_are_kept(rule: dict[str, Any], watched: Prometheus) -> None:
    watched.wait_for(lambda: bool(watched.query(rule["record"])))


def test_alerts_are_evaluated_without_error(watched: Prometheus) -> None:
    watched.wait_for(lambda: all(rule["health"] == "ok" for rule in watched.alerts().values()))
    assert set(watched.alerts()) == ASKED_FOR
