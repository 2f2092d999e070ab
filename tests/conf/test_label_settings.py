"""Labels in a stream of their own: what is refused, in whole lines."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conf.settings import Settings

Load = Callable[..., Settings]
Refusals = Callable[..., list[str]]

SPLIT = """
ml:
  ab_testing:
    enabled: true
    experiments:
      - name: e
        strategy: hash
        split_key: USER
        variants: [{name: a, model_name: fraud-detector, weight: 100}]
        verdict: {metrics: [{of: label}]}
"""
LABELS = """
  labels:
    path: labels.jsonl
    id: OF
    time: SEEN
    label: FRAUD
    fields:
      OF: {type: long}
      SEEN: {type: timestamp}
      FRAUD: {type: boolean}
"""


def test_metrics_of_the_outcome_need_no_label_of_the_event(load: Load, job_yaml: str) -> None:
    job = load(SPLIT + job_yaml + LABELS).job
    assert job is not None
    assert job.labels is not None
    assert job.events.label is None
    assert (job.labels.ttl_ms, job.labels.early_ms, job.labels.late_ms) == (7 * 86_400_000, 86_400_000, 0)


REFUSED = {
    "no source": ("path: labels.jsonl", "", "labels: expected either kafka or path, where labels come from"),
    "two sources": (
        "path: labels.jsonl",
        "path: labels.jsonl\n    kafka: {servers: 'a:1', topics: [t]}",
        "labels.path: expected either kafka or path, where labels come from, got 'labels.jsonl'",
    ),
    "no such field": (
        "id: OF",
        "id: OFF",
        "labels.id: expected the name of a field, got 'OFF'; nearest valid name 'OF'",
    ),
    "id of another type": (
        "OF: {type: long}",
        "OF: {type: string}",
        "labels.id and job.events.id: expected a field of type long, as the events' id, got 'OF' and 'ID'",
    ),
    "id that is a time": (
        "OF: {type: long}",
        "OF: {type: timestamp}",
        "labels.id: expected a field of type long or string, got 'OF'",
    ),
    "time that is none": (
        "SEEN: {type: timestamp}",
        "SEEN: {type: long}",
        "labels.time: expected a field of type timestamp, got 'SEEN'",
    ),
    "label that is a text": (
        "FRAUD: {type: boolean}",
        "FRAUD: {type: string}",
        "labels.label: expected a field of type long or double or decimal or boolean, got 'FRAUD'",
    ),
    "label that may be missing": (
        "FRAUD: {type: boolean}",
        "FRAUD: {type: boolean, required: false}",
        "labels.label: expected a field with required: true, got 'FRAUD'",
    ),
}


@pytest.mark.parametrize(("old", "new", "line"), REFUSED.values(), ids=REFUSED)
def test_labels_that_cannot_be_joined_are_refused(
    old: str, new: str, line: str, refusals: Refusals, job_yaml: str
) -> None:
    (found,) = refusals(SPLIT + job_yaml + LABELS.replace(old, new, 1))
    assert found.startswith(f"c.yaml: job.{line}")


@pytest.mark.parametrize(
    ("old", "new"),
    [("enabled: true", "enabled: false"), ("{of: label}", "{of: errors}"), ("fraud-detector", "churn")],
    ids=["experiments off", "no metric of a label", "another model"],
)
def test_labels_that_nothing_reads_are_refused(old: str, new: str, refusals: Refusals, job_yaml: str) -> None:
    (line,) = refusals(SPLIT.replace(old, new, 1) + job_yaml + LABELS)
    assert line.startswith(
        "c.yaml: job.labels: expected no labels, as no experiment's verdict has a metric that needs one"
    )
    hint = "leave out job.labels, give an experiment of the job's model a verdict on such a metric, or let it learn"
    assert line.endswith(f"; {hint}")


def test_metric_of_an_outcome_that_nobody_tells_is_refused(refusals: Refusals, job_yaml: str) -> None:
    assert refusals(SPLIT + job_yaml) == [
        "c.yaml: ml.ab_testing.experiments.0.verdict.metrics.0.of: expected a metric that needs no outcome, as events "
        "have none, got 'label'; name the field of the outcome in job.events.label, or where outcomes come from in "
        "job.labels"
    ]


def test_pairs_know_no_outcomes_that_come_later(refusals: Refusals, job_yaml: str) -> None:
    shadow = SPLIT.replace("USER\n", "USER\n        enable_shadow_mode: true\n")
    paired = shadow.replace("{of: label}]", "{of: log_loss}], paired: true")
    (line,) = refusals(paired + job_yaml + LABELS)
    assert line.startswith("c.yaml: ml.ab_testing.experiments.0.verdict.paired and job.labels: expected false where")
    assert "pairs know only those that events carry" in line


def test_topics_of_what_is_left_over_are_their_own(refusals: Refusals, job_yaml: str) -> None:
    sink = "\n  sink: {kafka: {servers: 'a:1', predictions: p, dead_letters: d, unmatched: d}}\n"
    (line,) = refusals(SPLIT + job_yaml + LABELS + sink)
    assert line.startswith("c.yaml: job.sink.kafka.unmatched: expected a topic of its own, not that of dead_letters")
