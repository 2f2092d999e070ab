"""Tests of the priority of work that nobody waits for."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from udfs.experiments.idle_priority import idle_priority

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the policy")


def test_work_is_idle_only_within() -> None:
    before = os.sched_getscheduler(0)
    with idle_priority():
        assert os.sched_getscheduler(0) == os.SCHED_IDLE
    assert os.sched_getscheduler(0) == before


def test_threads_that_start_within_stay_idle() -> None:
    found = []
    with idle_priority():
        thread = threading.Thread(target=lambda: found.append(os.sched_getscheduler(0)))
        thread.start()
        thread.join()
    assert found == [os.SCHED_IDLE]


def test_other_threads_keep_their_priority() -> None:
    found = []
    started, may_look = threading.Event(), threading.Event()

    def look() -> None:
        started.set()
        may_look.wait()
        found.append(os.sched_getscheduler(0))

    thread = threading.Thread(target=look)
    thread.start()
    started.wait()
    with idle_priority():
        may_look.set()
        thread.join()
    assert found != [os.SCHED_IDLE]


def test_an_error_within_ends_the_idleness() -> None:
    before = os.sched_getscheduler(0)
    with pytest.raises(ZeroDivisionError), idle_priority():
        1 / 0  # noqa: B018
    assert os.sched_getscheduler(0) == before


def test_a_system_that_refuses_lets_the_work_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    with idle_priority():
        assert os.sched_getscheduler(0) == os.SCHED_OTHER


def test_a_system_without_the_policy_lets_the_work_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "SCHED_IDLE")
    with idle_priority():
        assert os.sched_getscheduler(0) == os.SCHED_OTHER
