"""The image is made from files that exist, and holds what the manifests of a job name."""

from __future__ import annotations

import re
import runpy
import shlex
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from dockerfile_parse import DockerfileParser
from typer.main import get_command

from gress.cli.main import app
from gress.cluster.conf import flink_home
from gress.deploy_render.deployment import Deployment, Place, SettingsFile
from gress.deploy_render.objects.flink_deployment import PYTHON, flink_deployment
from gress.doctor import FLINK

REPOSITORY = Path(__file__).resolve().parents[2]
FILE = REPOSITORY / "deploy" / "Dockerfile"
STEPS: list[dict[str, Any]] = DockerfileParser(str(FILE)).structure
TEXT = FILE.read_text(encoding="utf-8")
DEPLOYMENT = Deployment("shop", "fraud-detection", Place("image", "s3://b"), (SettingsFile("a.yaml", ""),), 1)


def steps(name: str) -> list[str]:
    """Values of all instructions of a name, arguments of the build filled in."""
    return [_filled(each["value"]) for each in STEPS if each["instruction"] == name]


def _filled(text: str) -> str:
    for each in STEPS:
        name, _, value = each["value"].partition("=")
        if each["instruction"] == "ARG" and value:
            text = text.replace(f"${{{name}}}", value)
    return text


def copied() -> Iterator[str]:
    for value in steps("COPY"):
        if "--from=" not in value:
            yield from shlex.split(value)[:-1]


def commands() -> list[list[str]]:
    """Words of each command that a RUN has."""
    return [shlex.split(part) for value in steps("RUN") for part in value.replace("\\", " ").split("&&")]


def test_everything_that_is_copied_exists() -> None:
    assert [path for path in copied() if not (REPOSITORY / path).exists()] == []


def test_everything_that_is_copied_is_sent_to_the_build() -> None:
    lines = (FILE.parent / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    sent = {line[1:] for line in lines if line.startswith("!")}
    assert "*" in lines
    assert {path.partition("/")[0] for path in copied()} == sent


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Arguments with which setup.py describes the package."""
    monkeypatch.chdir(REPOSITORY)
    with patch("setuptools.setup") as made:
        runpy.run_path("setup.py")
    return dict(made.call_args.kwargs)


def test_a_build_has_all_that_the_wheel_is_made_from(package: dict[str, Any]) -> None:
    needed = {"setup.py", "pyproject.toml", *package["license_files"]}
    packages = {name.partition(".")[0] for name in package["packages"]}
    files = {path.partition("/")[0] for _, paths in package["data_files"] for path in paths}
    assert (needed | packages | files) - set(copied()) == set()


def test_extras_are_the_packages_own(package: dict[str, Any]) -> None:
    (asked,) = (each["value"].partition("=")[2] for each in STEPS if each["value"].startswith("EXTRAS="))
    assert set(asked.split(",")) - set(package["extras_require"]) == set()
    assert "train" not in asked


@pytest.mark.parametrize("value", steps("RUN"), ids=lambda value: value.split()[0] + value.split()[1])
def test_every_shell_line_can_be_read(value: str) -> None:
    done = subprocess.run(["bash", "-n", "-c", value], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_program_is_of_the_base_images_or_made_before() -> None:
    programs = {words[0] for words in commands()}
    of_images = {"apt-get", "cp", "mkdir", "mvn", "rm"}
    installed = {word for words in commands() if words[:2] == ["apt-get", "install"] for word in words}
    made = {
        f"{words[3]}/bin/{name}"
        for words in commands()
        if words[:3] == ["python3", "-m", "venv"]
        for name in ("python", "gress")
    }
    assert programs - of_images - installed - made == set()
    assert {"python3-venv", "python3-dev"} <= installed


def test_commands_of_the_package_are_known() -> None:
    known = {option for parameter in get_command(app).params for option in parameter.opts}
    used = [words[1:] for words in commands() if words[0].endswith("/gress")]
    assert used == [["--version"]]
    assert "--version" in known


def test_flink_is_the_version_that_pyflink_is() -> None:
    assert f"ARG FLINK={FLINK}" in TEXT.splitlines()
    bases = [value.split()[0] for value in steps("FROM")]
    assert bases[1:] == [f"flink:{FLINK}-java17"] * 2


def test_interpreter_is_the_one_that_manifests_name() -> None:
    folder = PYTHON.removesuffix("/bin/python")
    assert f"--from=environment {folder} {folder}" in steps("COPY")
    (environment,) = steps("ENV")
    assert f"PATH={folder}/bin:$PATH" in environment


def test_jars_are_where_jobs_look_for_them() -> None:
    (environment,) = steps("ENV")
    (folder,) = re.findall(r"GRESS_JARS=(\S+)", environment)
    assert f"--from=jars /jars {folder}" in steps("COPY")
    (maven,) = (words for words in commands() if words[0] == "mvn")
    pom = (REPOSITORY / "deploy" / "kafka" / "pom.xml").read_text("utf-8")
    assert "-Dgress.jars=/jars" in maven
    profile = maven[maven.index("--activate-profiles") + 1]
    assert f"<id>{profile}</id>" in pom
    assert maven[-1] == "generate-resources"
    assert f"<phase>{maven[-1]}</phase>" in pom


def test_python_inside_task_managers_has_one_library() -> None:
    copies = [words[1:] for words in commands() if words[0] == "cp"]
    assert [f"/opt/flink/opt/flink-python-{FLINK}.jar", "/opt/flink/lib/"] in copies
    assert list(flink_home().glob(f"opt/flink-python-{FLINK}.jar"))
    jar = flink_deployment(DEPLOYMENT)["spec"]["job"]["jarURI"]
    assert jar == f"local:///opt/flink/opt/flink-python-{FLINK}.jar"


def test_storage_of_checkpoints_has_its_plugin() -> None:
    plugins = [words[2] for words in commands() if words[0] == "cp" and "flink-s3-fs" in words[1]]
    assert len(plugins) == 1
    assert fnmatch(plugins[0], "/opt/flink/plugins/*/")
    assert ["mkdir", plugins[0].rstrip("/")] in commands()


def test_pods_run_as_the_images_user() -> None:
    user, _, group = steps("USER")[-1].partition(":")
    rights = flink_deployment(DEPLOYMENT)["spec"]["podTemplate"]["spec"]["securityContext"]
    assert (int(user), int(group)) == (rights["runAsUser"], rights["runAsGroup"])
    assert STEPS[-1]["instruction"] == "USER"


def test_no_secret_is_in_the_image() -> None:
    assert not re.search(r"(?i)password|secret|token|aws_", TEXT)
