from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from jobs.runs.endless import StopResult, wait_until_stopped


class _Job:
    """A job that never ends by itself, and whose savepoint takes until it is cancelled."""

    def __init__(self) -> None:
        self._is_over = threading.Event()
        self.calls: list[str] = []
        self._j_job_client = self

    def get_job_execution_result(self) -> Any:
        self.calls.append("wait")
        _interrupt()
        self._is_over.wait(30)
        return self

    def stopWithSavepoint(self, *_: object) -> Any:
        self.calls.append("stop")
        _interrupt()
        return self

    def get(self) -> str:
        self._is_over.wait(30)
        return "file:/savepoint"

    def cancel(self) -> Any:
        self.calls.append("cancel")
        return self

    def result(self) -> None:
        self._is_over.set()


def _interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


def test_a_second_interrupt_cancels_a_job_that_saves_its_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pyflink.java_gateway.get_gateway", _Gateway)
    job = _Job()
    assert wait_until_stopped(job, tmp_path) == StopResult(None)
    assert job.calls == ["wait", "stop", "cancel"]


class _Gateway:
    """Anything that is asked of a JVM."""

    def __getattr__(self, name: str) -> Any:
        return self
