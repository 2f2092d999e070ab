"""`gress dev kafka`: a broker in the foreground."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import pytest

from gress.dev.broker import JVM_OPTIONS, DevKafka
from jobs.errors import JobError
from tests.integration.kafka.topics import Reader, Sent, send

STOP_S = 180
CLEAN = ".kafka_cleanshutdown"


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


def _read(servers: str, *, count: int) -> list[tuple[str | None, Any]]:
    reader = Reader(servers, ["kept"])
    reader.read(until=lambda: len(reader.values["kept"]) >= count, timeout_s=300)
    reader.close()
    return list(zip(reader.keys["kept"], reader.values["kept"], strict=True))


def test_records_outlive_a_broker_that_is_stopped(tmp_path: Path, kafka: DevKafka) -> None:
    data = tmp_path / "data"
    for place, number in enumerate((signal.SIGINT, signal.SIGTERM)):
        process, servers = _start(data)
        send(servers, [Sent("kept", b"k", str(place).encode())])
        assert _read(servers, count=place + 1) == [("k", each) for each in range(place + 1)]
        process.send_signal(number)
        assert process.wait(STOP_S) == 0
        # Kafka leaves this file if it was stopped in order, and takes it away when it starts.
        assert (data / "log" / CLEAN).is_file()


def test_broker_runs_with_the_options_of_kafkas_scripts(
    tmp_path: Path, kafka: DevKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(JVM_OPTIONS, "-XX:NoSuchOption -Da='b c'")
    with pytest.raises(JobError, match="cannot hold Kafka's data"):
        DevKafka(tmp_path).start()


def test_a_port_in_use_is_refused(kafka: DevKafka, tmp_path: Path) -> None:
    with pytest.raises(JobError, match=f"port {kafka.port}: expected a free port, got one in use"):
        DevKafka(tmp_path, port=kafka.port).start()
