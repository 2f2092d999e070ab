"""A job whose model lives in an object store, run by the command with credentials in its environment alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from conf.model_registry import ModelRegistrySettings
from jobs.flink.ports import free_port
from models.inspect import spec_from_file
from models.registry import Registry, open_registry
from tests.support.crafted_input import CraftedInput
from tests.support.fraud_config import STATELESS, shipped_tree
from tests.support.job_runs import read_parts, write_config
from tests.support.servers import ServerProcess, s3_command
from tests.support.small_model import write_model

SECRET = "s3cr3t-k3y"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": SECRET}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    pytest.importorskip("boto3")
    found = ServerProcess(s3_command, tmp_path_factory.mktemp("s3") / "log")
    import boto3

    keys = {"aws_access_key_id": KEYS["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": SECRET}
    boto3.client("s3", endpoint_url=found.url, region_name="us-east-1", **keys).create_bucket(Bucket="models")
    yield found
    found.kill()


def store(url: str, cache: Path) -> dict[str, str]:
    return {
        "type": "s3",
        "s3_bucket": "models",
        "s3_region": "us-east-1",
        "s3_endpoint": url,
        "base_path": "team/models",
        "cache_dir": str(cache),
    }


@pytest.fixture
def registry(server: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    found = open_registry(ModelRegistrySettings(**store(server.url, tmp_path / "mine")))
    path = write_model(tmp_path / "model", width=len(STATELESS))
    found.publish(spec_from_file(path, "fraud-detector", "7.0.0"), path)
    found.publish(spec_from_file(path, "fraud-detector", "8.0.0"), path)
    found.deployments("fraud-detector").promote("7.0.0")
    return found


def config(folder: Path, url: str) -> Path:
    tree = shipped_tree()
    specs = tree["job"]["features"]["specs"]
    tree["job"]["features"]["specs"] = [spec for spec in specs if spec["name"] in STATELESS]
    tree["ml"]["models"] = []
    tree["ml"]["model_registry"] = store(url, folder / "cache")
    tree["job"]["inference"]["model_version"] = ""
    return write_config(folder / "job.yaml", tree)


def gress(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gress.cli.main", *arguments]
    return subprocess.run(command, env={**os.environ, **KEYS}, capture_output=True, text=True, check=False)


def run(settings: Path, source: Path, output: Path) -> subprocess.CompletedProcess[str]:
    given = ("--config", str(settings), "--input", str(source), "--output", str(output))
    return gress("run", "fraud-detection", *given)


def test_workers_fetch_the_deployed_version(
    registry: Registry, server: ServerProcess, crafted_file: Path, crafted: CraftedInput, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    done = run(config(tmp_path, server.url), crafted_file, output)
    assert done.returncode == 0, done.stderr
    rows = read_parts(output / "predictions")
    assert set(rows["version"]) == {"7.0.0"}
    summary = json.loads((output / "summary.json").read_text("utf-8"))
    assert summary["events"] == len(crafted.lines) == len(rows) + summary["dead_letters"]
    (cached,) = (tmp_path / "cache").glob("*/model.onnx")
    assert cached.parent.name == registry.spec("fraud-detector", "7").sha256
    assert not [path for path in output.rglob("*") if path.is_file() and SECRET in path.read_text(errors="replace")]
    assert SECRET not in done.stdout + done.stderr


def test_a_store_that_does_not_answer_is_one_line_and_nothing_starts(crafted_file: Path, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    output = tmp_path / "out"
    done = run(config(tmp_path, url), crafted_file, output)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    wanted = "model registry s3://models/team/models/fraud-detector cannot list: connection refused"
    assert f"job.inference: {wanted}" in line
    assert "s3_endpoint" in line
    assert not output.exists()


def test_config_check_shows_no_secret(server: ServerProcess, tmp_path: Path) -> None:
    done = gress("config", "check", str(config(tmp_path, server.url)))
    assert done.returncode == 0, done.stderr
    assert SECRET not in done.stdout + done.stderr
    shown = YAML(typ="safe").load(done.stdout)
    assert shown["ml"]["model_registry"]["s3_endpoint"] == server.url
