"""A copy of a shipped job has a registry of its own, and its settings are those of a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import gress
from gress.config_check import check_settings
from gress.new_job.copy_job import MOST_EVENTS, copy_job
from gress.new_job.new_job import NewJob
from jobs.catalogue import JOBS, default_config
from jobs.errors import JobError
from models.registry import local_registry

COPIED = tuple(name for name in JOBS if name not in {"ab-test", "online-learning"})
FILES = ["README.md", "job.yaml", "registry", "sample.jsonl", "test_job.py"]


@pytest.mark.parametrize("like", COPIED)
def test_copy_differs_in_name_and_registry_alone(like: str, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    assert copy_job(NewJob("1e3", folder), like) == MOST_EVENTS
    assert sorted(path.name for path in folder.iterdir()) == FILES
    ours, theirs = (gress.load_settings(path) for path in (folder / "job.yaml", default_config(like)))
    assert ours.job is not None
    assert theirs.job is not None
    assert (ours.job.name, ours.ml.model_registry.base_path) == ("1e3", "registry")
    assert ours.job.model_copy(update={"name": like}) == theirs.job
    assert ours.ml.model_copy(update={"model_registry": theirs.ml.model_registry}) == theirs.ml
    for model in theirs.ml.models:
        shipped = gress.open_registry("package:models").spec(model.name, model.version)
        assert local_registry(folder / "registry").spec(model.name, model.version) == shipped


@pytest.mark.parametrize("like", COPIED)
def test_sample_has_the_fields_of_the_job(like: str, tmp_path: Path) -> None:
    copy_job(NewJob("mine", tmp_path / "mine"), like)
    job = gress.load_settings(tmp_path / "mine" / "job.yaml").job
    assert job is not None
    wanted = {field.source or name for name, field in job.events.fields.items() if field.required}
    lines = (tmp_path / "mine" / "sample.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == MOST_EVENTS
    assert all(wanted <= json.loads(line).keys() for line in lines)


def test_settings_of_a_copy_are_those_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy_job(NewJob("mine", tmp_path / "mine"), "predictive-maintenance")
    monkeypatch.chdir(tmp_path / "mine")
    assert check_settings(Path("job.yaml"))[1] == []


@pytest.mark.parametrize(
    ("wanted", "like", "error"),
    [
        (
            {},
            "sentimen",
            r"--like: expected one of fraud-detection, .*, got 'sentimen'; nearest valid name 'sentiment'",
        ),
        ({}, "ab-test", r"--like: expected one of .*, got 'ab-test'"),
        (
            {"fields": ["a:long"]},
            "sentiment",
            r"--like: expected neither --sample nor --field, .*, got one of them; a copy",
        ),
        ({"parts": {"id": "a"}}, "sentiment", r"--like: expected neither --sample nor --field"),
        ({"name": ".."}, "sentiment", r"job name: expected letters, .*, got '\.\.'"),
    ],
    ids=["misspelt", "no model", "fields", "parts", "name"],
)
def test_mistake_is_a_line_and_leaves_nothing(wanted: dict[str, object], like: str, error: str, tmp_path: Path) -> None:
    given = {"name": "mine", "output": tmp_path / "mine", **wanted}
    with pytest.raises(JobError, match=error) as refused:
        copy_job(NewJob(**given), like)  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []
