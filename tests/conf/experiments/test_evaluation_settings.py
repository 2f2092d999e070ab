"""Evaluation against baselines: what is refused, in whole lines."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conf.settings import Settings

Load = Callable[..., Settings]
Refusals = Callable[..., list[str]]

EVALUATION = """
  sink: {fields: [AMOUNT, NOTE]}
  evaluation:
    measures: [accuracy, auc_roc]
    baselines:
      - {name: amount, field: AMOUNT, threshold: 100}
      - {name: other, field: AMOUNT}
"""


@pytest.fixture
def labelled_yaml(job_yaml: str) -> str:
    return job_yaml.replace("time: AT\n", "time: AT\n    label: AMOUNT\n", 1)


def test_baselines_have_a_threshold_of_their_own(load: Load, labelled_yaml: str) -> None:
    job = load(labelled_yaml + EVALUATION).job
    assert job is not None
    assert job.evaluation is not None
    assert [each.threshold for each in job.evaluation.baselines] == [100, 0.5]
    assert job.evaluation.threshold == 0.5


def test_predictions_carry_what_baselines_read(load: Load, labelled_yaml: str) -> None:
    given = (labelled_yaml + EVALUATION).replace("sink: {fields: [AMOUNT, NOTE]}", "sink: {fields: [NOTE]}")
    job = load(given).job
    assert job is not None
    assert job.carried == ("NOTE", "AMOUNT")


REFUSED = {
    "no field": (
        "field: AMOUNT, threshold: 100",
        "field: AMUONT",
        "evaluation.baselines.0.field: expected the name of an event field of numbers, got 'AMUONT'; "
        "nearest valid name 'AMOUNT'",
    ),
    "field of text": (
        "field: AMOUNT, threshold: 100",
        "field: NOTE",
        "evaluation.baselines.0.field: expected the name of an event field of numbers, got 'NOTE'",
    ),
    "name twice": (
        "name: other",
        "name: amount",
        "evaluation.baselines.1.name: expected a name that no earlier entry has, got 'amount'",
    ),
    "name of the model": (
        "name: other",
        "name: model",
        "evaluation.baselines.1.name: expected another name than model, which is the job's own, got 'model'",
    ),
    "scaled error without a baseline": (
        """measures: [accuracy, auc_roc]
    baselines:
      - {name: amount, field: AMOUNT, threshold: 100}
      - {name: other, field: AMOUNT}""",
        "measures: [mase]",
        "evaluation.baselines: expected a baseline, whose error mase is measured by, got nothing",
    ),
    "ranks among no classes": (
        "[accuracy, auc_roc]",
        "[accuracy, ndcg]",
        "sink.top_classes: expected 1 or more, which recall and ndcg rank the truth among, got nothing",
    ),
    "measure twice": (
        "[accuracy, auc_roc]",
        "[accuracy, accuracy]",
        "evaluation.measures.1: expected each measure once, got 'accuracy'",
    ),
    "no measure": ("[accuracy, auc_roc]", "[]", "evaluation.measures: expected "),
    "unknown measure": (
        "[accuracy, auc_roc]",
        "[acuracy]",
        "evaluation.measures.0: expected 'accuracy', 'auc_roc', 'average_precision', 'mase', 'coverage', 'recall' or "
        "'ndcg', got 'acuracy'",
    ),
}


@pytest.mark.parametrize(("old", "new", "line"), REFUSED.values(), ids=REFUSED)
def test_evaluation_that_cannot_be_made_is_refused(
    old: str, new: str, line: str, refusals: Refusals, labelled_yaml: str
) -> None:
    found = refusals(labelled_yaml + EVALUATION.replace(old, new, 1))
    assert found[0].startswith(f"c.yaml: job.{line}")


def test_evaluation_without_a_truth_is_refused(refusals: Refusals, job_yaml: str) -> None:
    (line,) = refusals(job_yaml + EVALUATION)
    assert line.startswith("c.yaml: job.events.label: expected a field with the truth, which job.evaluation asks for")
