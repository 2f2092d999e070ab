"""Faults of a soak come at their times, and end."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.soak.faults import Faults
from benchmarks.soak.plan import Plan
from jobs.errors import JobError, fail


class _Noted:
    """A disk and a broker that only note what happens to them."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return lambda: self.calls.append(name)


def test_disk_and_broker_fail_once_each_and_come_back(capsys: pytest.CaptureFixture[str]) -> None:
    noted: Any = _Noted()
    faults = Faults(Plan(0.3, full_s=0.15, outage_s=0.0), noted, noted)
    faults.run()
    assert faults.ends == sorted(faults.ends)
    assert len(faults.ends) == 2
    assert noted.calls[0] == "fill"
    assert noted.calls[-3:] == ["free", "kill", "start"]
    assert "full_disk is done" in capsys.readouterr().out


def test_a_broker_that_is_slow_to_come_back_is_started_again() -> None:
    noted: Any = _Noted()
    outcomes = iter([False, False, True, False, False, False])

    def start() -> None:
        if not next(outcomes):
            fail("broker", "did not start")
        noted.calls.append("start")

    noted.start = start
    faults = Faults(Plan(0.03, full_s=0.0, outage_s=0.0), noted, noted)
    faults.run()
    assert noted.calls[-2:] == ["kill", "start"]
    with pytest.raises(JobError, match="did not start"):
        faults.run()


def test_a_soak_that_ends_early_leaves_the_rest_out() -> None:
    noted: Any = _Noted()
    faults = Faults(Plan(600), noted, noted)
    faults.stop.set()
    faults.run()
    assert noted.calls == []
