"""Flink's own SQL client and gateway run the functions, with the package from its wheel and workers of their own."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jobs.flink.ports import free_port
from models.inspect import spec_from_file
from models.lifecycle import promote
from models.registry import local_registry
from tests.support.tiny_models import write_classes

ROWS = [(1.0, 2.0, 3.0), (4.0, 0.5, 23.0), (2.5, 1.0, 12.0)]
COLUMNS = ("amount", "size", "hour")
CONFIG = """
job:
  name: sums
  events: {id: id, key: id, time: at, fields: {id: {type: long}, at: {type: timestamp}, amount: {type: double}}}
  features: {name: sums, specs: [{name: half, type: normalize, source: amount, parameters: {min: 0, max: 2}}]}
  inference: {model_name: payments}
"""
SOURCE = """
CREATE TABLE payments (id BIGINT, amount DOUBLE, `size` DOUBLE, `hour` DOUBLE)
WITH ('connector' = 'filesystem', 'path' = 'payments.csv', 'format' = 'csv');
"""
SCORES = """
CREATE TABLE scores
  (id BIGINT, prediction DOUBLE, version STRING, status STRING, half DOUBLE, label STRING, score DOUBLE)
WITH ('connector' = 'filesystem', 'path' = 'scores', 'format' = 'csv');
INSERT INTO scores SELECT id, p.prediction, p.version, p.status, f[1], t.label, t.score
FROM (SELECT *, gress_predict('payments', amount, `size`, `hour`) AS p, gress_features('sums.yaml', amount) AS f
  FROM payments),
LATERAL TABLE(gress_score('payments', MAP['top_k', '1'], amount, `size`, `hour`))
  AS t (label, score, place, model, version, status, reason);
"""
_START_S = 120.0
_QUERY_S = 180.0


@dataclass(frozen=True)
class Installed:
    """The package in an environment of its own.

    Attributes:
        python: its interpreter.
        folder: with a table, a registry and settings.
        expected: predictions of the table's rows.
    """

    python: Path
    folder: Path
    expected: np.ndarray[Any, Any]

    def command(self, name: str, *arguments: str) -> list[str]:
        """Return the command line of a command for SQL."""
        return [str(self.python), "-m", "gress.cli.main", name, "--registry", "registry", "--batch", *arguments]


@pytest.fixture(scope="module")
def installed(wheel: Path, sql_jars: None, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("tools")
    model = write_classes(folder / "model", picky=False)
    registry = local_registry(folder / "registry")
    spec = spec_from_file(
        model, "payments", "1.0.0", task="binary", classes=("no", "yes"), feature_columns=COLUMNS
    )
    registry.publish(spec, model)
    promote(registry, "payments", "1.0.0")
    (folder / "sums.yaml").write_text(CONFIG)
    (folder / "payments.csv").write_text("".join(f"{row},{a},{b},{c}\n" for row, (a, b, c) in enumerate(ROWS)))
    return Installed(_environment(folder / "venv", wheel), folder, _probabilities(model))


def _environment(folder: Path, wheel: Path) -> Path:
    """Return the interpreter of an environment with the wheel, and with what this one has beside the package."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    own = next(folder.glob("lib/python*/site-packages"))
    # Paths of a .pth file are not asked for .pth files, so the sources that are installed here stay out.
    (own / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, "--force-reinstall", str(wheel)], check=True)
    return python


def _probabilities(model: Path) -> np.ndarray[Any, Any]:
    from onnxruntime import InferenceSession

    session = InferenceSession(str(model))
    found = session.run(None, {session.get_inputs()[0].name: np.array(ROWS, np.float32)})
    return np.asarray(next(each for each in found if np.ndim(each) == 2))


def test_client_runs_a_file_of_statements(installed: Installed) -> None:
    (installed.folder / "scores.sql").write_text(SOURCE + SCORES)
    command = installed.command("sql-client", "-f", "scores.sql")
    done = subprocess.run(command, cwd=installed.folder, capture_output=True, text=True, check=False, timeout=_QUERY_S)
    assert done.returncode == 0, done.stdout + done.stderr
    parts = [path for path in (installed.folder / "scores").glob("**/*") if path.is_file()]
    assert parts, done.stdout + done.stderr
    rows = sorted(row for part in parts for row in csv.reader(part.read_text().splitlines()))
    yes = installed.expected[:, 1]
    assert [int(row[0]) for row in rows] == [0, 1, 2]
    np.testing.assert_allclose([float(row[1]) for row in rows], yes, rtol=1e-6)
    assert {tuple(row[2:4]) for row in rows} == {("1.0.0", "ok")}
    np.testing.assert_allclose([float(row[4]) for row in rows], [amount / 2 for amount, _, _ in ROWS], rtol=1e-6)
    assert [row[5] for row in rows] == ["yes" if each > 0.5 else "no" for each in yes]
    np.testing.assert_allclose([float(row[6]) for row in rows], np.maximum(yes, 1 - yes), rtol=1e-6)


class Gateway:
    """A client of the gateway's REST API with one session."""

    def __init__(self, port: int) -> None:
        self._base = f"http://localhost:{port}/v1"

    def open(self, process: subprocess.Popen[bytes], said: Path) -> None:
        """Wait for the gateway, whose output a file has, and open the session."""
        end = time.monotonic() + _START_S
        while True:
            try:
                self._session = self._ask("/sessions", {})["sessionHandle"]
            except (OSError, urllib.error.URLError):
                assert process.poll() is None, said.read_text()
                assert time.monotonic() < end
                time.sleep(0.2)
            else:
                return

    def run(self, statement: str) -> list[list[Any]]:
        """Return the rows of a statement."""
        given = {"statement": statement}
        operation = self._ask(f"/sessions/{self._session}/statements", given)["operationHandle"]
        path, rows, end = f"/sessions/{self._session}/operations/{operation}/result/0", [], time.monotonic() + _QUERY_S
        while True:
            found = self._ask(path)
            rows += [row["fields"] for row in found.get("results", {}).get("data", [])]
            if found["resultType"] == "EOS":
                return rows
            assert time.monotonic() < end
            path = found.get("nextResultUri", f"/v1{path}").removeprefix("/v1")
            time.sleep(0.1)

    def _ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)


@pytest.fixture
def gateway(installed: Installed) -> Iterator[Gateway]:
    port = free_port()
    command = installed.command("sql-gateway", f"-Dsql-gateway.endpoint.rest.port={port}")
    said = installed.folder / "gateway.log"
    with said.open("w") as log, subprocess.Popen(command, cwd=installed.folder, stdout=log, stderr=log) as process:
        try:
            found = Gateway(port)
            found.open(process, said)
            yield found
        finally:
            os.kill(process.pid, signal.SIGTERM)
            assert process.wait(60) == 128 + signal.SIGTERM


def test_gateway_answers_sessions(gateway: Gateway, installed: Installed) -> None:
    gateway.run("CREATE TEMPORARY SYSTEM FUNCTION gress_predict AS 'udfs.sql.gress_predict' LANGUAGE PYTHON")
    gateway.run(SOURCE.strip().rstrip(";"))
    rows = gateway.run(
        "SELECT id, p.prediction, p.label, p.version, p.status FROM"
        " (SELECT *, gress_predict('payments', amount, `size`, `hour`) AS p FROM payments)"
    )
    yes = installed.expected[:, 1]
    assert [row[0] for row in sorted(rows)] == [0, 1, 2]
    np.testing.assert_allclose([row[1] for row in sorted(rows)], yes, rtol=1e-6)
    assert [row[2:] for row in sorted(rows)] == [["yes" if each > 0.5 else "no", "1.0.0", "ok"] for each in yes]
