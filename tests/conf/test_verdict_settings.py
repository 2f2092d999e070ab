"""Settings of verdicts that are refused, each with its whole line, and those that are taken."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conf.settings import Settings

Refusals = Callable[..., list[str]]
Load = Callable[..., Settings]

GOAL = "{of: label}"
PATH = "ml.ab_testing.experiments.0.verdict"


def ml(verdict: str, *, key: str = "USER", model: str = "fraud-detector") -> str:
    variants = f"[{{name: a, model_name: {model}, weight: 50}}, {{name: b, model_name: {model}, weight: 50}}]"
    tested = f"{{name: e, strategy: hash, split_key: {key}, verdict: {verdict}, variants: {variants}}}"
    return f"ml: {{enabled: true, ab_testing: {{enabled: true, experiments: [{tested}]}}}}"


VERDICTS = [
    ("{}", "metrics: expected a value, which is required, got nothing"),
    ("{metrics: []}", "metrics: expected a metric with role goal or guardrail, got a list of 0"),
    (
        "{metrics: [{of: latency, role: signal}]}",
        "metrics: expected a metric with role goal or guardrail, got a list of 1",
    ),
    (
        "{metrics: [{of: label}, {of: errors, name: label}]}",
        "metrics.1.name: expected a name that no earlier entry has, got 'label'",
    ),
    ("{metrics: [{of: field}]}", "metrics.0.field: expected an event field, which of: field needs, got nothing"),
    (
        "{metrics: [{of: label, field: AMOUNT}]}",
        "metrics.0.field: expected no field, which only of: field has, got 'AMOUNT'",
    ),
    (
        "{metrics: [{of: errors, role: guardrail}]}",
        "metrics.0.margin: expected a number over 0, which a guardrail needs, got nothing; no number of units shows "
        "that nothing at all is lost",
    ),
    ("{metrics: [{of: auc, per: unit}]}", "metrics.0.per: expected event, as an area has no sum, got 'unit'"),
    ("{metrics: [{of: label, margin: -1}]}", "metrics.0.margin: expected a value >= 0.0, got -1"),
    (
        "{metrics: [{of: lable}]}",
        "metrics.0.of: expected 'label', 'log_loss', 'auc', 'errors', 'latency' or 'field', got 'lable'; nearest valid "
        "name 'label'",
    ),
    ("{metrics: [{of: label, per: day}]}", "metrics.0.per: expected 'event' or 'unit', got 'day'"),
    ("{metrics: [{of: label, better: more}]}", "metrics.0.better: expected 'higher' or 'lower', got 'more'"),
    ("{metrics: [{role: goal}]}", "metrics.0.of: expected a value, which is required, got nothing"),
    (f"{{metrics: [{GOAL}], alpha: 0}}", "alpha: expected a value > 0.0, got 0"),
    (f"{{metrics: [{GOAL}], alpha: 0.6}}", "alpha: expected a value <= 0.5, got 0.6"),
    (f"{{metrics: [{GOAL}], interval: 0s}}", "interval: expected a value > 0, got '0s'"),
    (f"{{metrics: [{GOAL}], planned_units: 0}}", "planned_units: expected a value >= 1, got 0"),
    (f"{{metrics: [{GOAL}], max_units: 99}}", "max_units: expected a value >= 100, got 99"),
    (
        f"{{metrics: [{GOAL}, {{of: auc}}], max_units: 5000}}",
        "metrics.1.of: expected a goal other than auc beside max_units, got 'auc'; what an area rests on grows with "
        "the rarer outcome, and not with units",
    ),
    (f"{{metrics: [{GOAL}], sample_ratio_p: 1}}", "sample_ratio_p: expected a value < 1.0, got 1"),
    (f"{{metrics: [{GOAL}], max_silence: 0s}}", "max_silence: expected a value > 0, got '0s'"),
    (
        f"{{metrics: [{GOAL}], spell: 1h}}",
        "spell: expected a known key, got 'spell'; valid names: metrics, auto, paired, interval, alpha, "
        "planned_units, max_units, sample_ratio_p, max_silence",
    ),
]


@pytest.mark.parametrize(("verdict", "line"), VERDICTS, ids=[line for _, line in VERDICTS])
def test_refused_verdict(refusals: Refusals, verdict: str, line: str) -> None:
    assert refusals(ml(verdict)) == [f"c.yaml: {PATH}.{line}"]


RAMP = "ramp: {steps: [5, 50]}, variants: [{name: a, model_name: m, weight: 100}, {name: b, model_name: m}]"
BANDIT = "bandit: {goal: label}, variants: [{name: a, model_name: m}, {name: b, model_name: m}]"


@pytest.mark.parametrize(("strategy", "more"), [("hash", RAMP), ("bandit", BANDIT)], ids=["ramp", "bandit"])
def test_end_of_a_test_whose_weights_change_is_refused(refusals: Refusals, strategy: str, more: str) -> None:
    verdict = f"{{metrics: [{GOAL}], max_units: 5000}}"
    tested = f"{{name: e, strategy: {strategy}, split_key: USER, verdict: {verdict}, {more}}}"
    (line,) = refusals(f"ml: {{enabled: true, ab_testing: {{enabled: true, experiments: [{tested}]}}}}")
    said = f"expected nothing beside a {more.partition(':')[0]}, as tests with an end have weights that stay, got 5000"
    assert line == f"c.yaml: {PATH}.max_units: {said}"


def with_truth(job_yaml: str, label: str) -> str:
    return job_yaml.replace("    time: AT\n", f"    time: AT\n    label: {label}\n")


@pytest.mark.parametrize("of", ["label", "log_loss", "auc"])
def test_metric_of_outcomes_needs_them(refusals: Refusals, job_yaml: str, of: str) -> None:
    assert refusals(ml(f"{{metrics: [{{of: {of}}}]}}") + job_yaml) == [
        f"c.yaml: {PATH}.metrics.0.of: expected a metric that needs no outcome, as events have none, got '{of}'; name "
        "the field of the outcome in job.events.label, or where outcomes come from in job.labels"
    ]


@pytest.mark.parametrize(
    ("field", "hint"), [("NOTE", ""), ("AMONT", "; nearest valid name 'AMOUNT'")], ids=["text", "unknown"]
)
def test_metric_of_a_field_needs_numbers(refusals: Refusals, job_yaml: str, field: str, hint: str) -> None:
    assert refusals(ml(f"{{metrics: [{{of: field, field: {field}}}]}}") + job_yaml) == [
        f"c.yaml: {PATH}.metrics.0.field: expected the name of an event field with numbers, got '{field}'{hint}"
    ]


def test_metrics_of_an_experiment_with_another_model_do_not_concern_the_job(load: Load, job_yaml: str) -> None:
    load(ml("{metrics: [{of: field, field: NOTHING}]}", model="other") + job_yaml)


def test_metrics_are_taken(load: Load, job_yaml: str) -> None:
    metrics = "[{of: log_loss}, {of: field, field: AMOUNT, per: unit, better: lower}, {of: errors, role: signal}]"
    settings = load(ml(f"{{metrics: {metrics}, max_silence: 3h}}") + with_truth(job_yaml, "AMOUNT"))
    verdict = settings.ml.ab_testing.experiments[0].verdict
    assert verdict is not None
    assert [(each.title, each.side, each.role, each.needs_label) for each in verdict.metrics] == [
        ("log_loss", "lower", "goal", True),
        ("AMOUNT", "lower", "goal", False),
        ("errors", "lower", "signal", False),
    ]
    assert (verdict.interval_ms, verdict.max_silence_ms, verdict.alpha, verdict.auto) == (
        3_600_000,
        10_800_000,
        0.05,
        False,
    )
