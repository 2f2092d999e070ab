"""Values of metrics under another policy, from rows whose truth is known."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from gress.experiments.policy import MetricUnderPolicy, parse_policy, values_under_policy
from gress.experiments.reading.logged_rows import read_logged_rows
from gress.experiments.reading.row_columns import row_columns
from jobs.errors import JobError
from tests.gress.experiments.logged import METRICS, job_and_experiment, rows, write
from tests.gress.experiments.logged import WEIGHTS as LOGGED

FIELD = ({"of": "field", "field": "amount"}, {"of": "auc", "role": "signal"})


def under(path: Path, policy: str, metrics: tuple[dict[str, object], ...] = METRICS) -> list[MetricUnderPolicy]:
    job, experiment = job_and_experiment(metrics)
    columns = row_columns(job, experiment)
    read = read_logged_rows([path], experiment, columns)
    return values_under_policy(experiment, read, columns.metrics, parse_policy(policy, experiment))


def test_policy_of_one_variant_has_its_mean(tmp_path: Path) -> None:
    lines = rows()
    (found,) = under(write(tmp_path / "rows", lines), "treatment", FIELD)
    treated = [line["amount"] for line in lines if line["variant"] == "treatment"]
    assert found.metric == "amount"
    assert found.under_policy.value == pytest.approx(np.mean(treated), rel=1e-12)
    assert found.logged == pytest.approx(np.mean([line["amount"] for line in lines]), rel=1e-12)


def test_policy_that_was_logged_has_what_was_logged(tmp_path: Path) -> None:
    policy = ",".join(f"{name}={share:g}" for name, share in LOGGED.items())
    for each in under(write(tmp_path / "rows", rows()), policy):
        assert each.under_policy.value == pytest.approx(each.logged, rel=1e-12)


def test_truth_of_a_simulation_lies_within_the_interval(tmp_path: Path) -> None:
    """Cards of a variant spend 10 or 14 on average; half and half they would spend 12."""
    rng = np.random.default_rng(7)
    lines = rows(6_000)
    for line in lines:
        line["amount"] = (14.0 if line["variant"] == "treatment" else 10.0) + rng.normal(0, 1)
    (found,) = under(write(tmp_path / "rows", lines), "control=50,treatment=50", FIELD[:1])
    assert found.under_policy.lower < 12 < found.under_policy.upper
    assert found.under_policy.value == pytest.approx(12, abs=0.4)
    assert found.logged == pytest.approx(11.2, abs=0.4)


def test_variant_without_rows_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "rows", [line for line in rows() if line["variant"] == "control"])
    whole = "policy: variant 'treatment': expected a variant that got rows, got none; choose another one"
    with pytest.raises(JobError, match=f"^{re.escape(whole)}$"):
        under(path, "treatment")


@pytest.mark.parametrize(
    ("text", "shares"),
    [("treatment", (0.0, 1.0)), ("treatment=100", (0.0, 1.0)), ("treatment=25%,control=75%", (0.75, 0.25))],
)
def test_policies(text: str, shares: tuple[float, float]) -> None:
    assert parse_policy(text, job_and_experiment()[1]) == shares


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("third", "'third'"),
        ("control=x", "'control=x'"),
        ("control=-1,treatment=101", "'control=-1'"),
        ("control=50,control=50", "'control=50'"),
    ],
)
def test_texts_that_are_no_policy_are_refused(text: str, got: str) -> None:
    whole = (
        f"policy {text!r}: expected VARIANT, or VARIANT=SHARE,... in percent, of control, treatment, got {got}; such "
        "as control=50,treatment=50"
    )
    with pytest.raises(JobError, match=f"^{re.escape(whole)}$"):
        parse_policy(text, job_and_experiment()[1])


def test_shares_that_do_not_sum_to_100_are_refused() -> None:
    whole = "policy 'control=50': expected shares in percent that sum to 100, got 50; such as control=50,treatment=50"
    with pytest.raises(JobError, match=f"^{re.escape(whole)}$"):
        parse_policy("control=50", job_and_experiment()[1])
