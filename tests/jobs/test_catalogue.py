from __future__ import annotations

import importlib

import pytest

from conf.loading.loader import load_settings
from jobs.catalogue import JOBS, default_config, find_job, sample_input
from jobs.errors import JobError


@pytest.mark.parametrize("name", JOBS)
def test_every_job_has_a_module_and_settings_that_load(name: str) -> None:
    assert callable(importlib.import_module(find_job(name).module).build)
    settings = load_settings(default_config(name), environ={})
    assert settings.job is not None
    assert settings.job.name == name


def test_samples_are_files_of_the_package() -> None:
    found = {name: sample_input(name) for name in JOBS}
    assert found["fraud-detection"] is None
    assert all(path is None or path.is_file() for path in found.values())


def test_unknown_job_is_refused_with_the_nearest() -> None:
    with pytest.raises(
        JobError,
        match=r"job 'fraud-detektion': expected one of fraud-detection.*; nearest valid name 'fraud-detection'",
    ):
        find_job("fraud-detektion")


def test_name_of_a_job_of_your_own_is_refused_with_the_way_to_run_it() -> None:
    listed = "expected one of fraud-detection, ab-test, online-learning, fraud-document, anomaly-detection, "
    listed += "forecasting, predictive-maintenance, recommendations, sentiment"
    with pytest.raises(JobError, match=rf"job 'returns': {listed}; .*with --config FILE"):
        find_job("returns")


def test_error_without_advice_ends_with_the_problem() -> None:
    assert str(JobError("job 'x'", "expected y")) == "job 'x': expected y"
