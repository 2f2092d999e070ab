"""The wheel holds the package: nothing forgotten, nothing else."""

from __future__ import annotations

import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import gress

PACKAGES = ("conf", "models", "state", "udfs", "jobs", "gress")
ARTIFACTS = ("model.json", "model.onnx", "model.tflite")


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def _metadata(wheel: Path, file: str) -> str:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(f".dist-info/{file}"))
        return archive.read(name).decode()


def test_every_module_and_setting_file_is_in_it(repository: Path, names: set[str]) -> None:
    wanted = {
        path.relative_to(repository).as_posix()
        for package in PACKAGES
        for pattern in ("*.py", "*.yaml")
        for path in (repository / package).rglob(pattern)
    }
    assert wanted - names == set()


def test_every_shipped_model_is_in_it(repository: Path, names: set[str]) -> None:
    wanted = {
        path.relative_to(repository).as_posix()
        for path in (repository / "models").glob("*/*/*")
        if path.name in ARTIFACTS
    }
    assert {name for name in names if name.endswith(ARTIFACTS)} == wanted


def test_types_of_every_package_count_for_users(names: set[str]) -> None:
    assert {f"{package}/py.typed" for package in PACKAGES} <= names


def test_templates_of_the_report_are_in_it(repository: Path, names: set[str]) -> None:
    templates = {path.relative_to(repository).as_posix() for path in (repository / "gress/report/templates").iterdir()}
    assert len(templates) == 6
    assert templates - names == set()


def test_templates_of_a_new_job_are_in_it(names: set[str]) -> None:
    templates = {"gress/new_job/templates/readme.template", "gress/new_job/templates/tests.template"}
    assert templates - names == set()


def test_every_folder_with_modules_is_a_package(names: set[str]) -> None:
    folders = {name.rpartition("/")[0] for name in names if name.endswith(".py")}
    assert {folder for folder in folders if f"{folder}/__init__.py" not in names} == set()


def test_nothing_else_is_in_it(names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.startswith("gress_ml-")} == set(PACKAGES)
    assert not [name for name in names if Path(name).name.startswith(("test_", "conftest")) or "__pycache__" in name]


def test_cluster_options_jar_list_and_licence_are_in_it(names: set[str]) -> None:
    shared = ".data/data/share/gress-ml"
    ends = (f"{shared}/flink-conf.yaml", f"{shared}/kafka/pom.xml", "/LICENSE")
    assert [end for end in ends if not any(name.endswith(end) for name in names)] == []


def test_monitoring_is_in_it_as_compose_mounts_it(repository: Path, names: set[str]) -> None:
    deploy = repository / "deploy"
    wanted = {
        path.relative_to(deploy).as_posix()
        for folder in ("grafana", "kubernetes", "prometheus")
        for path in (deploy / folder).rglob("*.*")
        if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts
    }
    found = {name.partition(".data/data/share/gress-ml/")[2] for name in names}
    assert wanted | {"compose.yaml"} <= found


def test_metadata_names_the_command_and_the_python_versions(wheel: Path) -> None:
    assert "gress = gress.cli.main:main" in _metadata(wheel, "entry_points.txt")
    metadata = Parser().parsestr(_metadata(wheel, "METADATA"))
    assert (metadata["Name"], metadata["Version"]) == ("gress-ml", gress.__version__)
    assert set(metadata["Requires-Python"].split(",")) == {">=3.10", "<3.13"}
    assert set(metadata.get_all("Provides-Extra")) == {
        *("docs", "gpu", "kafka", "learning", "local", "redis", "report", "river", "sql", "test", "tflite", "train")
    }
