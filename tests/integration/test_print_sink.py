"""Rows on the console of a run, beside the folders that hold them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pyflink.java_gateway import get_gateway

from tests.support.fraud_config import FEATURES, STATELESS, write_fraud_config
from tests.support.job_runs import read_parts, run_job

LINES = [
    '{"TRANSACTION_ID":1,"TX_DATETIME":"2018-04-01T00:00:31Z","CUSTOMER_ID":5,"TERMINAL_ID":6,"TX_AMOUNT":12.5}',
    '{"TRANSACTION_ID":2,"TX_DATETIME":"2018-04-01T00:00:32Z","CUSTOMER_ID":5,"TERMINAL_ID":6,"TX_AMOUNT":999}',
    'no "JSON": +I[{}]',
]


PRINT = ("job.sink.print=true", "job.sink.fields=[TX_AMOUNT]")


def printed(out: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of each kind; Flink writes ``KIND> +I[ROW]``."""
    rows = defaultdict(list)
    for line in out.splitlines():
        kind, mark, row = line.partition("> +I[")
        if mark:
            rows[kind].append(json.loads(row.removesuffix("]")))
    return rows


@contextmanager
def java_output(path: Path) -> Iterator[None]:
    """Write what the JVM of this process prints to a file."""
    jvm = get_gateway().jvm
    before = jvm.java.lang.System.out
    jvm.java.lang.System.setOut(jvm.java.io.PrintStream(str(path)))
    try:
        yield
    finally:
        jvm.java.lang.System.out.close()
        jvm.java.lang.System.setOut(before)


def run_here(config: Path, source: Path, output: Path) -> str:
    """Run the job in the JVM that tests share; return what that printed."""
    path = output.with_name("printed")
    with java_output(path):
        run_job(config, source, output, overrides=PRINT)
    return path.read_text("utf-8")


def run_command(config: Path, source: Path, output: Path) -> str:
    """Run the job as a command; return what is on its console."""
    command = [sys.executable, "-m", "gress.cli.main", "run", "fraud-detection", "--config", str(config)]
    command += [part for setting in PRINT for part in ("--set", setting)]
    command += ["--input", str(source), "--output", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("features", "run"), [(FEATURES, run_here), (STATELESS, run_command)], ids=["windows", "no windows"]
)
def test_console_shows_the_rows_of_the_folders(
    features: tuple[str, ...], run: Callable[[Path, Path, Path], str], tmp_path: Path
) -> None:
    config = write_fraud_config(tmp_path, features=features)
    (tmp_path / "in.jsonl").write_text("".join(f"{line}\n" for line in LINES), "utf-8")
    found = printed(run(config, tmp_path / "in.jsonl", tmp_path / "out"))
    assert {kind: len(rows) for kind, rows in found.items()} == {"predictions": 2, "alerts": 1, "dead_letters": 1}
    for kind, rows in found.items():
        wanted = read_parts(tmp_path / "out" / kind).to_dict("records")
        for row in (*rows, *wanted):
            row.pop("failed_at", None)
        assert sorted(rows, key=str) == sorted((dict(sorted(row.items())) for row in wanted), key=str)
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["dead_letters"] == 1
