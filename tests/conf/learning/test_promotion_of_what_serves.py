"""Promotion of what a job learns, where the job itself scores with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conf.learning.learning_choice import learning_of
from conf.settings import Settings
from tests.conf.job_text import JOB

LEARNS = "ml: {online_learning: {enabled: true}%s}"
LABEL = "\n    label: FRAUD\n    fields:\n      FRAUD: {type: long, required: false}"
FILE = ", models: [{name: m, version: v1, type: onnx, path: m.onnx}]"


def job(learning: str, inference: str, ml: str = "") -> str:
    text = JOB.replace("\n    fields:", LABEL).replace("{model_name: fraud-detector}", f"{{{inference}}}")
    return LEARNS % ml + text + f"  learning: {{{learning}}}\n"


@pytest.mark.parametrize(
    ("inference", "ml", "named", "got"),
    [
        ("model_name: m, model_version: v1", "", "job.inference.model_version", "true and 'v1'"),
        ("model_name: m", FILE, "ml.models", "true and a list of 1"),
    ],
    ids=["pinned version", "file"],
)
def test_promotion_that_cannot_reach_the_job_is_refused(
    inference: str, ml: str, named: str, got: str, refusals: Callable[..., list[str]]
) -> None:
    assert refusals(job("model_name: m, promote: true", inference, ml)) == [
        f"c.yaml: job.learning.promote and {named}: expected false, as the job scores with a version that is named, "
        f"which no promotion replaces, got {got}; leave out {named}"
    ]


@pytest.mark.parametrize(
    ("learning", "inference"),
    [
        ("model_name: m, promote: true", "model_name: m"),
        ("model_name: m", "model_name: m, model_version: v1"),
        ("promote: true", "model_name: m, model_version: v1"),
        ("model_name: m, promote: true, registry: {base_path: ./other}", "model_name: m, model_version: v1"),
    ],
    ids=["follows", "does not promote", "another model", "another registry"],
)
def test_any_other_promotion_is_taken(learning: str, inference: str, load: Callable[..., Settings]) -> None:
    settings = load(job(learning, inference))
    assert settings.job is not None
    found = learning_of(settings.ml, settings.job)
    assert found is not None
    assert found.is_served == (inference == "model_name: m")
