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


def test_a_second_interrupt_cancels_a_job_that_saves_its_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyflink.java_gateway.get_gateway", _Gateway)
    job = _Job()
    assert wait_until_stopped(job, tmp_path) == StopResult(None)
    assert job.calls == ["wait", "stop", "cancel"]


class _Unsaved(_Job):
    """A job whose savepoint fails."""

    def stopWithSavepoint(self, *_: object) -> Any:
        self.calls.append("stop")
        return self

    def get(self) -> str:
        self.calls.append("fail")
        msg = "o.a.f.X: outer\nCaused by: java.io.IOException: No space left on device"
        raise OSError(msg)


def test_job_whose_savepoint_fails_goes_on_with_a_reason_until_a_second_interrupt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pyflink.java_gateway.get_gateway", _Gateway)
    job = _Unsaved()
    said: list[str] = []

    assert wait_until_stopped(job, tmp_path, said.append) == StopResult(None)
    # The second wait brings the second interrupt.
    assert job.calls == ["wait", "stop", "fail", "wait", "cancel"]
    (text,) = said
    assert text.startswith("the savepoint failed, so the job goes on: ")
    assert text.endswith("No space left on device; Ctrl-C again cancels it, and its state is lost")


class _Failed(_Unsaved):
    """A job that ends with its failed savepoint."""

    def get_job_execution_result(self) -> Any:
        if not self._is_over.is_set():
            _interrupt()
        self._is_over.wait(30)
        msg = "the job's own reason"
        raise RuntimeError(msg)

    def get(self) -> str:
        self._is_over.set()
        return super().get()


def test_job_that_fails_with_its_savepoint_ends_with_its_own_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pyflink.java_gateway.get_gateway", _Gateway)
    with pytest.raises(RuntimeError, match="the job's own reason"):
        wait_until_stopped(_Failed(), tmp_path, lambda text: None)


class _Gateway:
    """Anything that is asked of a JVM."""

    def __getattr__(self, name: str) -> Any:
        return self
