"""A settings file that extends another."""

from __future__ import annotations

from pathlib import Path

import pytest

from conf.errors import ConfigError
from conf.loading.loader import load_settings
from conf.loading.yaml_file import read_settings_file
from conf.settings import Settings
from jobs.catalogue import default_config

BASE = """
ml: {inference: {max_concurrency: 3, default_batch_timeout: 70ms}}
execution: {parallelism: 2, flink: {a.b: 1, c: "${NAME:-c}"}}
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "base.yaml").write_text(BASE)
    (tmp_path / "middle.yaml").write_text("extends: base/base.yaml\nexecution: {parallelism: 4}\n")
    return tmp_path


def _written(folder: Path, text: str) -> Path:
    (folder / "job.yaml").write_text(text)
    return folder / "job.yaml"


def load(folder: Path, text: str, *overrides: str, **environ: str) -> Settings:
    return load_settings(_written(folder, text), overrides=overrides, environ=environ)


def test_mappings_are_merged_and_values_replaced(files: Path) -> None:
    found = load(files, "extends: middle.yaml\nexecution: {flink: {a.b: 9}}\nml: {inference: {max_concurrency: 5}}\n")
    assert (found.ml.inference.max_concurrency, found.ml.inference.default_batch_timeout_ms) == (5, 70)
    assert found.execution.parallelism == 4
    assert found.execution.flink == {"a.b": 9, "c": "c"}


def test_null_takes_an_inherited_mapping_away(files: Path) -> None:
    (files / "learner.yaml").write_text("job: {learning: {learner: {optimizer: {type: adam, beta1: 0.5}}}}\n")
    raw = read_settings_file(_written(files, "extends: learner.yaml\njob: {learning: {learner: {optimizer: null}}}\n"))
    assert raw.tree["job"]["learning"]["learner"] == {}


def test_null_in_the_place_of_a_value_stays(files: Path) -> None:
    raw = read_settings_file(_written(files, "extends: middle.yaml\nexecution: {parallelism: null}\n"))
    assert raw.tree["execution"]["parallelism"] is None


def test_mapping_that_was_taken_away_has_its_defaults(files: Path) -> None:
    found = load(files, "extends: middle.yaml\nml: {inference: null}\n")
    assert found.ml.inference == Settings().ml.inference


def test_overrides_and_environment_reach_the_extended_file(files: Path) -> None:
    found = load(files, "extends: middle.yaml\n", "ml.inference.max_concurrency=7", NAME="d")
    assert (found.ml.inference.max_concurrency, found.execution.flink["c"]) == (7, "d")


def test_lists_are_replaced(files: Path) -> None:
    models = "ml: {models: [{name: a, version: 1.0.0, type: onnx}, {name: b, version: 1.0.0, type: onnx}]}"
    (files / "list.yaml").write_text(f"{models}\n")
    found = load(files, "extends: list.yaml\nml: {models: [{name: c, version: 1.0.0, type: onnx}]}\n")
    assert [model.name for model in found.ml.models] == ["c"]


def test_problem_names_the_file_that_it_is_in(files: Path) -> None:
    (files / "base" / "base.yaml").write_text("execution: {paralelism: 2, max_parallelism: 0}\n")
    with pytest.raises(ConfigError) as caught:
        load(files, "extends: middle.yaml\nexecution: {checkpoint_interval: soon}\n")
    lines = str(caught.value).splitlines()
    assert any("execution.max_parallelism (from base/base.yaml): expected" in line for line in lines)
    assert any("execution.paralelism (from base/base.yaml): expected" in line for line in lines)
    assert any("execution.checkpoint_interval: expected" in line for line in lines)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("extends: job.yaml\n", "extends: expected another file, got one that extends this one"),
        ("extends: 7\n", "extends: expected the path of a YAML file, got 7"),
        ("extends: [middle.yaml]\n", "extends: expected the path of a YAML file, got a list"),
        ("extends: nothing.yaml\n", "nothing.yaml: expected a readable YAML file, got no such file or directory"),
    ],
)
def test_file_that_cannot_be_extended_is_refused(text: str, problem: str, files: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(files, text)
    assert problem in str(caught.value)


def test_circle_is_refused(files: Path) -> None:
    (files / "base" / "base.yaml").write_text("extends: ../job.yaml\n")
    with pytest.raises(ConfigError, match=r"base\.yaml: extends: expected another file, got one that extends this one"):
        load(files, "extends: middle.yaml\n")


def test_shipped_kafka_job_is_the_file_job_with_topics() -> None:
    files = default_config("fraud-detection")
    kafka, plain = load_settings(files.with_name("fraud_kafka.yaml"), environ={}), load_settings(files, environ={})
    assert kafka.job is not None
    assert plain.job is not None
    assert kafka.job.source.kafka is not None
    assert kafka.job.sink.kafka is not None
    assert kafka.ml == plain.ml
    assert kafka.execution == plain.execution.model_copy(update={"checkpoint_interval_ms": 10_000})
    assert kafka.job.model_copy(update={"source": plain.job.source, "sink": plain.job.sink}) == plain.job


def test_shipped_file_is_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = load_settings("conf/fraud_kafka.yaml", environ={}).job
    assert found is not None
    assert found.source.kafka is not None
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "fraud_kafka.yaml").write_text("ml: {enabled: true}\n")
    assert load_settings("conf/fraud_kafka.yaml", environ={}).job is None


def test_own_file_extends_a_shipped_one_from_any_folder(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("extends: conf/fraud_detection.yaml\njob: {name: own}\n")
    found = load_settings(tmp_path / "own.yaml", environ={}).job
    assert found is not None
    assert (found.name, found.inference.model_name) == ("own", "fraud-detector")
