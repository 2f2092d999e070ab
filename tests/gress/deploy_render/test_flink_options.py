"""Every Flink option of a manifest is one that Flink's own jars know."""

from __future__ import annotations

import re
import zipfile
from functools import cache

import pytest

from gress.cluster.conf import flink_home
from gress.deploy_render.deployment import Deployment, SettingsFile
from gress.deploy_render.flink_options import flink_options, gpu_options, process_memory
from gress.deploy_render.objects.log_settings import log_settings
from gress.deploy_render.read_job import read_job
from jobs.errors import JobError
from tests.gress.deploy_render.cluster_schemas import documents
from tests.gress.deploy_render.rendered_jobs import KAFKA, PLACE, deployment_of, rendered, request_of

_KEY = re.compile(rb"[a-z][\w-]*(?:\.[\w-]+)+", re.ASCII)
# Settings of one reporter, of the S3 file systems, which are plugins, and of the operator.
_ELSEWHERE = ("metrics.reporter.prom.", "s3.", "job.autoscaler.", "kubernetes.operator.")


@cache
def known_keys() -> frozenset[str]:
    """Texts with dots in the classes of options, which hold each option's key."""
    found: set[bytes] = set()
    for jar in ("lib/flink-dist", "opt/flink-python"):
        (path,) = flink_home().glob(f"{jar}-*.jar")
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.startswith("org/apache/flink/") and name.endswith(
                    ("Options.class", "Options$RestartStrategy.class")
                ):
                    found.update(_KEY.findall(archive.read(name)))
    return frozenset(key.decode() for key in found)


def options_of(path: str) -> dict[str, str]:
    (found,) = documents(rendered(KAFKA)[path])
    return dict(found["spec"]["flinkConfiguration"])


@pytest.mark.parametrize("file", ["base", "overlays/dev", "overlays/prod"])
def test_every_option_is_known_to_flink(file: str) -> None:
    options = options_of(f"{file}/flink-deployment.yaml")
    assert [key for key in options if not key.startswith(_ELSEWHERE) and key not in known_keys()] == []


@pytest.mark.parametrize("key", ["taskmanager.numberOfTaskSlot", "high-availability.storage", "rest.prot"])
def test_a_misspelt_option_is_found(key: str) -> None:
    assert key not in known_keys()


def test_values_are_texts_as_every_operator_wants_them() -> None:
    assert {type(value) for value in options_of("base/flink-deployment.yaml").values()} == {str}


@pytest.mark.parametrize(
    ("assignments", "amount"),
    [
        ([], None),
        (["enable_gpu=true"], "1"),
        (["enable_gpu=true", "gpu_device_ids=[0, 2]"], "3"),
        (["gpu_device_ids=[1]"], None),
    ],
    ids=["none", "one", "up to the highest number", "not asked for"],
)
def test_pods_ask_for_the_gpus_of_the_job(assignments: list[str], amount: str | None) -> None:
    asked = [f"ml.inference.{each}" for each in assignments]
    options = flink_options(read_job(request_of("fraud-detection", overrides=asked), {}))
    assert options.get("external-resource.gpu.amount") == amount
    assert len([key for key in options if key.startswith("external-resource")]) == (4 if amount else 0)


def test_options_of_gpus_are_known_to_flink_and_its_plugin() -> None:
    options = gpu_options(1)
    (dist,) = flink_home().glob("lib/flink-dist-*.jar")
    (plugin,) = flink_home().glob("plugins/external-resource-gpu/*.jar")
    with zipfile.ZipFile(dist) as archive:
        names = ("configuration/ExternalResourceOptions", "kubernetes/configuration/KubernetesConfigOptions")
        known = b"".join(archive.read(f"org/apache/flink/{name}.class") for name in names)
    suffixes = [key.removeprefix("external-resource.gpu.") for key in options]
    assert [suffix for suffix in suffixes if suffix.encode() not in known] == []
    factory = options["external-resource.gpu.driver-factory.class"].replace(".", "/") + ".class"
    with zipfile.ZipFile(plugin) as archive:
        assert factory in archive.namelist()


def test_options_of_the_job_win() -> None:
    deployment = Deployment(
        "shop", "fraud-detection", PLACE, (SettingsFile("a.yaml", ""),), 1, flink={"rest.port": "9999", "a.b": "c"}
    )
    assert {"rest.port": "9999", "a.b": "c"}.items() <= flink_options(deployment).items()


def test_a_package_without_its_file_of_options_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gress.deploy_render.flink_options.shipped_flink_conf", lambda: None)
    with pytest.raises(JobError, match=r"flink-conf.yaml: expected the file of this package, got none; pip install"):
        process_memory()


def test_pods_have_the_memory_of_the_shipped_file() -> None:
    assert process_memory() == {"taskManager": "4g", "jobManager": "1600m"}
    assert not [key for key in flink_options(deployment_of(KAFKA)) if key.endswith("memory.process.size")]


@pytest.mark.parametrize(
    ("logger", "level", "said"),
    [("start", "WARN", b"Starting Python process with environment"), ("end", "OFF", b"Closing environment")],
)
def test_log_leaves_out_the_variables_of_the_pod(logger: str, level: str, said: bytes) -> None:
    """The classes that tell them are in PyFlink's jar, under the names that their loggers have."""
    lines = dict(line.split(" = ") for line in log_settings().splitlines())
    place = lines[f"logger.{logger}.name"].replace(".", "/")
    (path,) = flink_home().glob("opt/flink-python-*.jar")
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.startswith(place)]
        content = b"".join(map(archive.read, names))
    assert said in content
    assert lines[f"logger.{logger}.level"] == level
