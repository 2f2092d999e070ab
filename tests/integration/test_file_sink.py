"""Folders of part files hold each row once, also where a job fails after one of its tasks has read all its input."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from pyflink.table.udf import ScalarFunction, udf

from conf.settings import ExecutionSettings, Settings
from jobs.flink.environment import FlinkSession, open_session
from jobs.flink.jvm.collection import planning
from jobs.flink.rest import FlinkRest
from jobs.flink.sql import create_table
from jobs.run_folder.part_files import final_parts
from jobs.runs.execution import execute
from jobs.runs.local_options import local_options
from jobs.sinks.files import write_json
from jobs.sinks.inserts import Inserts
from tests.support.cluster import wait_until

# The long input must not be over before a busy machine has taken a checkpoint.
SHORT, LONG = 600, 3_000
ROWS_PER_S = 100
# Longer than the short input lasts.
HOLD_S = 8
COLUMNS = (("n", "BIGINT"),)


class FailOnce(ScalarFunction):
    """Return numbers as they are; fail once, after the other input has ended, and hold up every checkpoint before."""

    def __init__(self, flag: Path, other: Path) -> None:
        self._flag, self._other = flag, other

    def eval(self, number: int) -> int:
        if self._flag.exists():
            deadline = time.monotonic() + HOLD_S
            while time.monotonic() < deadline and not final_parts(self._other):
                time.sleep(0.01)
            self._flag.unlink()
            msg = "fails this once"
            raise ValueError(msg)
        return number


def add_numbers(session: FlinkSession, inserts: Inserts, name: str, last: int, function: str, output: Path) -> None:
    fields = {"fields.n.kind": "sequence", "fields.n.start": "1", "fields.n.end": str(last)}
    options = {"connector": "datagen", "rows-per-second": str(ROWS_PER_S), **fields}
    create_table(session, f"numbers_{name}", COLUMNS, options)
    write_json(inserts, name, COLUMNS, f"SELECT {function}(n) AS n FROM numbers_{name}", output / name)


@pytest.mark.slow
def test_failure_after_the_end_of_one_input_neither_loses_nor_doubles_a_row(tmp_path: Path) -> None:
    flag, output = tmp_path / "fail", tmp_path / "out"
    # This test alone decides when there is a checkpoint.
    settings = Settings(execution=ExecutionSettings(parallelism=1, checkpoint_interval="1h"))
    options = local_options("two-inputs", output)
    with planning():
        session = open_session(settings, extra=options)
        fail_once = udf(FailOnce(flag, output / "short"), result_type="BIGINT")
        session.tables.create_temporary_function("fail_once", fail_once)
        inserts = Inserts(session)
        add_numbers(session, inserts, "short", SHORT, "ABS", output)
        add_numbers(session, inserts, "long", LONG, "fail_once", output)
        # Flink restarts those tasks alone that exchange rows with the one that failed.
        create_table(session, "all_numbers", COLUMNS, {"connector": "blackhole"})
        inserts.add("INSERT INTO all_numbers SELECT n FROM numbers_short UNION ALL SELECT n FROM numbers_long")

    def fail() -> None:
        wait_until(lambda: all(list((output / name).glob("*part-*")) for name in ("short", "long")))
        rest = FlinkRest(f"127.0.0.1:{options['rest.port']}", timeout_s=10)
        (job,) = rest.get("/jobs/overview")["jobs"]
        rest.post(f"/jobs/{job['jid']}/checkpoints", {})
        wait_until(lambda: bool(list(output.glob(".checkpoints/*/chk-*/_metadata"))))
        flag.touch()

    failing = threading.Thread(target=fail)
    failing.start()
    execute(inserts, "two-inputs")
    failing.join()
    assert not flag.exists()
    for name, last in (("short", SHORT), ("long", LONG)):
        lines = [line for part in final_parts(output / name) for line in part.read_text("utf-8").splitlines()]
        assert Counter(json.loads(line)["n"] for line in lines) == Counter(range(1, last + 1))
