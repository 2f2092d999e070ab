"""Overlays fit together: what they name is there, and kustomize builds objects that a cluster knows."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gress.deploy_render.render import write_manifests
from tests.gress.deploy_render.cluster_schemas import documents, problems
from tests.gress.deploy_render.rendered_jobs import KAFKA, rendered

BUILDERS = (("kustomize", "build"), ("kubectl", "kustomize"))
# A job with topics, and one with an end.
SHAPES = (KAFKA, "fraud-detection")
FOLDERS = ("base", "overlays/dev", "overlays/prod")


def kustomizations(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, text in rendered(name).items():
        if path.endswith("/kustomization.yaml"):
            (document,) = documents(text)
            yield path.rpartition("/")[0], document


def objects_of_base(name: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the objects of a base by kind and name."""
    texts = (text for path, text in rendered(name).items() if path.startswith("base/"))
    found = (each for text in texts for each in documents(text) if each["kind"] != "Kustomization")
    return {(each["kind"], each["metadata"]["name"]): each for each in found}


@pytest.mark.parametrize("name", SHAPES)
def test_every_file_that_is_named_is_there(name: str, tmp_path: Path) -> None:
    write_manifests(tmp_path, rendered(name))
    for folder, document in kustomizations(name):
        named = [*document["resources"], *(each["path"] for each in document.get("patches", ()) if "path" in each)]
        missing = [each for each in named if not (tmp_path / folder / each).exists()]
        assert (folder, missing) == (folder, [])


@pytest.mark.parametrize("name", SHAPES)
def test_every_file_is_named(name: str) -> None:
    for folder, document in kustomizations(name):
        named = {*document["resources"], *(each["path"] for each in document.get("patches", ()) if "path" in each)}
        there = {path.rpartition("/")[2] for path in rendered(name) if path.rpartition("/")[0] == folder}
        assert there - {"kustomization.yaml"} == {each for each in named if "/" not in each}


@pytest.mark.parametrize("name", SHAPES)
def test_every_patch_has_its_object(name: str) -> None:
    objects = objects_of_base(name)
    targets = [
        each["target"]
        for _, document in kustomizations(name)
        for each in document.get("patches", ())
        if "target" in each
    ]
    targets += [
        {"kind": each["kind"], "name": each["metadata"]["name"]}
        for path, text in rendered(name).items()
        if path.startswith("overlays/") and not path.endswith("kustomization.yaml")
        for each in documents(text)
    ]
    assert len(targets) >= 3
    assert [each for each in targets if (each["kind"], each["name"]) not in objects] == []


@pytest.mark.parametrize("name", SHAPES)
def test_every_path_of_a_patch_is_there(name: str) -> None:
    objects = objects_of_base(name)
    for _, document in kustomizations(name):
        for patch in (each for each in document.get("patches", ()) if "patch" in each):
            (changes,) = documents(patch["patch"])
            for change in changes:
                node: Any = objects[patch["target"]["kind"], patch["target"]["name"]]
                for part in change["path"].strip("/").removesuffix("/-").split("/"):
                    node = node[int(part)] if isinstance(node, list) else node[part]
                assert isinstance(node, list) == (change["op"] == "add")


@pytest.fixture(scope="module")
def build() -> Any:
    """Builds a folder; skips where neither kustomize nor kubectl is installed, as other tests check the parts."""
    command = next((each for each in BUILDERS if shutil.which(each[0])), None)
    if command is None:
        pytest.skip("neither kustomize nor kubectl is installed")

    def built(folder: Path) -> list[dict[str, Any]]:
        done = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return list(documents(done.stdout))

    return built


def flink_of(objects: list[dict[str, Any]]) -> dict[str, Any]:
    (found,) = (each for each in objects if each["kind"] == "FlinkDeployment")
    return dict(found["spec"])


@pytest.mark.parametrize("folder", FOLDERS)
def test_kustomize_builds_objects_that_a_cluster_knows(folder: str, build: Any, tmp_path: Path) -> None:
    write_manifests(tmp_path, rendered(KAFKA))
    objects = build(tmp_path / folder)
    assert len(objects) == 10
    assert [problem for each in objects for problem in problems(each)] == []
    namespaces = {each["metadata"].get("namespace") for each in objects}
    assert namespaces == ({f"gress-{folder.partition('/')[2]}"} if "/" in folder else {None})


def test_overlays_change_what_they_say(build: Any, tmp_path: Path) -> None:
    write_manifests(tmp_path, rendered(KAFKA))
    base, dev, prod = (flink_of(build(tmp_path / folder)) for folder in FOLDERS)
    assert [each["job"]["parallelism"] for each in (base, dev, prod)] == [2, 1, 2]
    variables = [each["podTemplate"]["spec"]["containers"][0]["env"] for each in (base, dev)]
    assert [each for each in variables[1] if each not in variables[0]] == [
        {"name": "GRESS_EXECUTION__PARALLELISM", "value": "1"}
    ]
    assert prod["flinkConfiguration"]["job.autoscaler.enabled"] == "true"
    kept = base["flinkConfiguration"].items() - prod["flinkConfiguration"].items()
    assert {key for key, _ in kept} == {
        *("execution.checkpointing.dir", "execution.checkpointing.savepoint-dir", "high-availability.storageDir")
    }


def test_a_session_runs_the_same_job(build: Any, tmp_path: Path) -> None:
    write_manifests(tmp_path, rendered(KAFKA))
    own = tmp_path / "overlays" / "session"
    own.mkdir()
    (own / "kustomization.yaml").write_text("resources: [../dev]\ncomponents: [../../components/session]\n")
    objects = build(own)
    assert [problem for each in objects for problem in problems(each)] == []
    cluster = flink_of(objects)
    (job,) = (each["spec"] for each in objects if each["kind"] == "FlinkSessionJob")
    assert "job" not in cluster
    assert cluster["flinkConfiguration"]["web.submit.enable"] == "true"
    alone = documents(rendered(KAFKA)["base/flink-deployment.yaml"])[0]["spec"]["job"]
    assert {**job["job"], "jarURI": ""} == {**alone, "jarURI": ""}
    assert job["deploymentName"] == documents(rendered(KAFKA)["base/flink-deployment.yaml"])[0]["metadata"]["name"]
