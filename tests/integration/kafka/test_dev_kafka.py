"""`gress dev kafka`: a broker in the foreground."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from gress.dev.broker import DevKafka
from jobs.errors import JobError
from tests.integration.kafka.topics import Reader, Sent, send

STOP_S = 90


def _start(data: Path) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "gress.cli.main", "dev", "kafka", "--port", "0", "--data", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).resolve().parents[3])
    said = _line(process.stdout)
    found = re.match(r"Kafka answers on (127\.0\.0\.1:\d+); data and log in ", said)
    assert found is not None, said
    return process, found[1]


def _line(pipe: IO[str] | None) -> str:
    assert pipe is not None
    return pipe.readline()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_records_outlive_a_broker_that_is_stopped(
    number: signal.Signals, tmp_path: Path, kafka: DevKafka
) -> None:
    process, servers = _start(tmp_path / "data")
    send(servers, [Sent("kept", b"k", b"1")])
    process.send_signal(number)
    assert process.wait(STOP_S) == 0
    with DevKafka(tmp_path / "data") as again:
        reader = Reader(again.servers, ["kept"])
        reader.read(until=lambda: bool(reader.values["kept"]), timeout_s=60)
        reader.close()
    assert (reader.keys["kept"], reader.values["kept"]) == (["k"], [1])


def test_a_port_in_use_is_refused(kafka: DevKafka, tmp_path: Path) -> None:
    with pytest.raises(JobError, match=f"port {kafka.port}: expected a free port, got one in use"):
        DevKafka(tmp_path, port=kafka.port).start()
