"""Rows on the console of a run, beside the folders that hold them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.support.fraud_config import STATELESS, write_fraud_config
from tests.support.job_runs import read_parts
from tests.support.small_model import write_model

LINES = [
    '{"TRANSACTION_ID":1,"TX_DATETIME":"2018-04-01T00:00:31Z","CUSTOMER_ID":5,"TERMINAL_ID":6,"TX_AMOUNT":12.5}',
    '{"TRANSACTION_ID":2,"TX_DATETIME":"2018-04-01T00:00:32Z","CUSTOMER_ID":5,"TERMINAL_ID":6,"TX_AMOUNT":999}',
    "no \"JSON\": +I[{}]",
]


def printed(out: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of each kind; Flink writes ``KIND> +I[ROW]``."""
    rows = defaultdict(list)
    for line in out.splitlines():
        kind, mark, row = line.partition("> +I[")
        if mark:
            rows[kind].append(json.loads(row.removesuffix("]")))
    return rows


@pytest.mark.parametrize("windows", [True, False], ids=["windows", "no windows"])
def test_console_shows_the_rows_of_the_folders(windows: bool, tmp_path: Path) -> None:
    if windows:
        config = write_fraud_config(tmp_path)
    else:
        model = write_model(tmp_path / "model", width=len(STATELESS))
        config = write_fraud_config(tmp_path, features=STATELESS, model=model)
    (tmp_path / "in.jsonl").write_text("".join(f"{line}\n" for line in LINES), "utf-8")
    command = [sys.executable, "-m", "gress.cli.main", "run", "fraud-detection", "--config", str(config)]
    command += ["--set", "job.sink.print=true", "--set", "job.sink.fields=[TX_AMOUNT]"]
    command += ["--input", str(tmp_path / "in.jsonl"), "--output", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = printed(done.stdout)
    assert {kind: len(rows) for kind, rows in found.items()} == {"predictions": 2, "alerts": 1, "dead_letters": 1}
    for kind, rows in found.items():
        wanted = read_parts(tmp_path / "out" / kind).to_dict("records")
        for row in (*rows, *wanted):
            row.pop("failed_at", None)
        assert sorted(rows, key=str) == sorted((dict(sorted(row.items())) for row in wanted), key=str)
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["dead_letters"] == 1
