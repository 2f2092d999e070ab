"""`gress deploy render`, and what the page on Kubernetes says of it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.commands import Run, answer_of, refusal_of
from tests.support.pages import read_blocks

REPOSITORY = Path(__file__).resolve().parents[3]
PAGE = REPOSITORY / "docs" / "kubernetes.md"
COMMANDS = [words for block in read_blocks(PAGE) for words in block.commands]
RENDER = next(words[1:] for words in COMMANDS if words[:2] == ["gress", "deploy"])


def objects(path: Path) -> list[Any]:
    return list(YAML(typ="safe", pure=True).load_all(path.read_text("utf-8")))


@pytest.fixture
def manifests(command_line: Run, tmp_path: Path) -> Path:
    """The folder that the page's own command writes."""
    answer_of(command_line, *RENDER)
    return tmp_path / "kubernetes"


def test_table_of_the_page_names_what_is_written(manifests: Path) -> None:
    named = {
        each
        for row in re.findall(r"^\| (`[^|]+) \|", PAGE.read_text("utf-8"), re.MULTILINE)
        for each in re.findall(r"`(.+?)`", row)
    }
    assert [each for each in named if not (manifests / each).exists()] == []
    files = {path.relative_to(manifests).as_posix() for path in manifests.rglob("*.yaml")}
    folders = tuple(each for each in named if each.endswith("/"))
    assert {path for path in files if not path.startswith(folders)} - named == {"base/kustomization.yaml"}


def test_options_of_the_page_reach_the_manifests(manifests: Path) -> None:
    (flink,) = objects(manifests / "base" / "flink-deployment.yaml")
    assert flink["spec"]["image"] == RENDER[RENDER.index("--image") + 1]
    storage = RENDER[RENDER.index("--storage") + 1]
    assert flink["spec"]["flinkConfiguration"]["execution.checkpointing.dir"].startswith(f"{storage}/")


def test_commands_of_the_page_for_kubectl_name_what_is_there(manifests: Path) -> None:
    (flink,) = objects(manifests / "base" / "flink-deployment.yaml")
    name, words = flink["metadata"]["name"], [each for each in COMMANDS if each[0] == "kubectl"]
    (folder,) = (each[each.index("--kustomize") + 1] for each in words if "--kustomize" in each)
    (overlay,) = objects(manifests.parent / folder / "kustomization.yaml")
    namespaces = {each[each.index("--namespace") + 1] for each in words if "--namespace" in each}
    assert namespaces == {overlay["namespace"]} == {each[3] for each in words if each[1:3] == ["create", "namespace"]}
    (secret,) = (each[each.index("generic") + 1] for each in words if "generic" in each)
    (container,) = flink["spec"]["podTemplate"]["spec"]["containers"]
    assert container["envFrom"] == [{"secretRef": {"name": secret, "optional": True}}]
    # Flink calls the service of its REST API so.
    assert {each[-2] for each in words if "port-forward" in each} == {f"service/{name}-rest"}


def test_commands_of_the_page_for_docker_build_the_image_of_the_manifests() -> None:
    build, push = (words for words in COMMANDS if words[0] == "docker")
    assert (REPOSITORY / build[build.index("--file") + 1]).is_file()
    image = build[build.index("--tag") + 1]
    assert push == ["docker", "push", image]
    assert RENDER[RENDER.index("--image") + 1] == image


def test_every_program_of_the_page_is_checked_here() -> None:
    assert {words[0] for words in COMMANDS} == {"docker", "gress", "kubectl"}


def test_a_job_of_its_own_is_rendered_with_its_defaults(command_line: Run, tmp_path: Path) -> None:
    printed = answer_of(
        command_line, "deploy", "render", "sentiment", "--overlay", "dev", "--slots", 4, "--name", "mood"
    )
    assert "kubernetes/base/flink-deployment.yaml" in printed.splitlines()
    assert "prod" not in printed
    (flink,) = objects(tmp_path / "kubernetes" / "base" / "flink-deployment.yaml")
    assert flink["metadata"]["name"] == "mood"
    assert flink["spec"]["image"].startswith("gress-ml:")
    assert flink["spec"]["flinkConfiguration"]["taskmanager.numberOfTaskSlots"] == "4"


def test_what_cannot_be_rendered_is_one_line(command_line: Run, tmp_path: Path) -> None:
    assert refusal_of(command_line, "deploy", "render", "sentiment", "--overlay", "test") == (
        "--overlay: expected dev or prod, got 'test'\n"
    )
    assert "job 'mood': expected one of" in refusal_of(command_line, "deploy", "render", "mood")
    assert not (tmp_path / "kubernetes").exists()
    (tmp_path / "kubernetes" / "base").mkdir(parents=True)
    shutil.copy(PAGE, tmp_path / "kubernetes" / "base" / "kustomization.yaml")
    assert "expected a file of an earlier render, got another" in refusal_of(
        command_line, "deploy", "render", "sentiment"
    )
