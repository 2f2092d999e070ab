"""Flink's own SQL client and gateway run the functions, with the package from its wheel and workers of their own."""

from __future__ import annotations

import csv
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from jobs.flink.ports import free_port
from models.inspect import spec_from_file
from models.lifecycle import promote
from models.registry import local_registry
from tests.state.drift.record_golden import baseline_document
from tests.support.sql_gateway import Gateway, running_gateway
from tests.support.tiny_models import WEIGHTS, linear, write_classes
from udfs.sql import FUNCTIONS

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
CREATE TABLE figures (what STRING, place INT, figure DOUBLE, text STRING)
WITH ('connector' = 'filesystem', 'path' = 'figures', 'format' = 'csv');
EXECUTE STATEMENT SET BEGIN
INSERT INTO scores {scored};
INSERT INTO figures {figures};
END;
"""
SCORED = """
SELECT id, p.prediction, p.version, p.status, f[1], t.label, t.score
FROM (SELECT *, gress_predict('payments', amount, `size`, `hour`) AS p, gress_features('sums.yaml', amount) AS f
  FROM payments),
LATERAL TABLE(gress_score('payments', MAP['top_k', '1'], amount, `size`, `hour`))
  AS t (label, score, place, model, version, status, reason)
""".strip()
# Quality of a group, its distance from the training, and the part of each feature in the score of one row.
FIGURES = """
SELECT 'auc', 0, q.e.auc, q.e.reason FROM (SELECT {evaluate} AS e FROM seen) AS q
UNION ALL SELECT 'loss', 0, q.e.log_loss, q.e.reason FROM (SELECT {evaluate} AS e FROM seen) AS q
UNION ALL SELECT 'drift', 0, q.d.score, q.d.verdict
FROM (SELECT gress_drift('payments', ARRAY_AGG(ROW(amount, `size`, `hour`))) AS d FROM seen) AS q
UNION ALL SELECT 'explain', e.place, e.contribution, e.feature
FROM payments AS s, LATERAL TABLE(gress_explain('payments', s.amount, s.`size`, s.`hour`)) AS e WHERE s.id = 1
""".strip().replace("{evaluate}", "gress_evaluate(ARRAY_AGG(ROW(fraud, amount / 100)))")
SEEN = """
CREATE TABLE seen (amount DOUBLE, `size` DOUBLE, `hour` DOUBLE, fraud INT)
WITH ('connector' = 'filesystem', 'path' = 'seen.csv', 'format' = 'csv');
"""
TRAINED = np.random.default_rng(1).normal([2.0, 1.0, 12.0], 0.5, (2000, 3)).astype(np.float32)
LIVE = np.random.default_rng(2).normal([4.0, 1.0, 12.0], 0.5, (300, 3)).round(3)
FRAUD = (np.random.default_rng(3).random(300) < LIVE[:, 0] / 8).astype(int)
_QUERY_S = 400.0


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
        model,
        "payments",
        "1.0.0",
        task="binary",
        classes=("no", "yes"),
        feature_columns=COLUMNS,
        baseline=baseline_document(TRAINED, COLUMNS, linear(TRAINED), cells=40),
    )
    registry.publish(spec, model)
    promote(registry, "payments", "1.0.0")
    (folder / "sums.yaml").write_text(CONFIG)
    (folder / "payments.csv").write_text("".join(f"{row},{a},{b},{c}\n" for row, (a, b, c) in enumerate(ROWS)))
    rows = [",".join(map(str, [*row, label])) for row, label in zip(LIVE.tolist(), FRAUD.tolist(), strict=True)]
    (folder / "seen.csv").write_text("\n".join(rows) + "\n")
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


def check_figures(rows: list[list[Any]]) -> None:
    """Compare rows of FIGURES with those of scikit-learn, and with weight by distance."""
    told = {(what, int(place)): (float(figure), text) for what, place, figure, text in rows}
    assert len(told) == len(rows) == 6
    score = LIVE[:, 0] / 100
    assert told["auc", 0][0] == pytest.approx(roc_auc_score(FRAUD, score), abs=1e-9)
    assert told["loss", 0][0] == pytest.approx(log_loss(FRAUD, score), rel=1e-9)
    # The mean of amounts is four standard deviations off.
    assert (told["drift", 0][1], told["drift", 0][0] > 0.8) == ("alert", True)
    added = {text: figure for (what, _), (figure, text) in told.items() if what == "explain"}
    want = dict(zip(COLUMNS, WEIGHTS.ravel() * (np.array(ROWS[1]) - TRAINED.mean(axis=0)), strict=True))
    assert added == pytest.approx(want, abs=0.03)


def run_client(installed: Installed, text: str) -> subprocess.CompletedProcess[str]:
    (installed.folder / "statements.sql").write_text(text)
    command = installed.command("sql-client", "-f", "statements.sql")
    return subprocess.run(command, cwd=installed.folder, capture_output=True, text=True, check=False, timeout=_QUERY_S)


def rows_of(folder: Path) -> list[list[str]]:
    parts = [path for path in folder.glob("**/*") if path.is_file()]
    return sorted(row for part in parts for row in csv.reader(part.read_text().splitlines()))


def test_client_runs_a_file_of_statements_and_ends_at_one_that_fails(installed: Installed) -> None:
    wrong = "SELECT gress_predict('paiments', amount, `size`, `hour`) AS p FROM payments;"
    done = run_client(
        installed, SOURCE + SEEN + SCORES.replace("{figures}", FIGURES).replace("{scored}", SCORED) + wrong
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "Reason: model 'paiments' has no version in " in said
    assert "; nearest valid name 'payments'\n" in said
    assert "Traceback" not in said
    check_figures(rows_of(installed.folder / "figures"))
    check_scores(rows_of(installed.folder / "scores"), installed)


def check_scores(rows: Sequence[Sequence[Any]], installed: Installed) -> None:
    """Compare what each row is given with the model itself."""
    yes = installed.expected[:, 1]
    assert [int(row[0]) for row in rows] == [0, 1, 2]
    np.testing.assert_allclose([float(row[1]) for row in rows], yes, rtol=1e-6)
    assert {tuple(row[2:4]) for row in rows} == {("1.0.0", "ok")}
    np.testing.assert_allclose([float(row[4]) for row in rows], [amount / 2 for amount, _, _ in ROWS], rtol=1e-6)
    assert [row[5] for row in rows] == ["yes" if each > 0.5 else "no" for each in yes]
    np.testing.assert_allclose([float(row[6]) for row in rows], np.maximum(yes, 1 - yes), rtol=1e-6)


@pytest.fixture
def gateway(installed: Installed) -> Iterator[Gateway]:
    port = free_port()
    command = installed.command("sql-gateway", f"-Dsql-gateway.endpoint.rest.port={port}")
    with running_gateway(command, installed.folder, port) as found:
        yield found


def test_gateway_answers_sessions(gateway: Gateway, installed: Installed) -> None:
    for name in FUNCTIONS:
        gateway.run(f"CREATE TEMPORARY SYSTEM FUNCTION {name} AS 'udfs.sql.{name}' LANGUAGE PYTHON")
    for table in (SOURCE, SEEN):
        gateway.run(table.strip().rstrip(";"))
    check_scores(sorted(gateway.run(SCORED)), installed)
    check_figures(gateway.run(FIGURES))
    said = (installed.folder / "gateway.log").read_text()
    assert "SQL gateway listens at http://localhost:" in said
    assert " INFO  org.apache.flink" not in said
