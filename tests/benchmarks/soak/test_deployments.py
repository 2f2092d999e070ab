"""Whole versions and damaged ones take turns."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from google.protobuf.message import DecodeError

from benchmarks.soak.deployments import MODEL, Deployments
from benchmarks.soak.plan import Plan
from models.registry import local_registry


def deployments(plan: Plan, folder: Path) -> Deployments:
    return Deployments(plan, folder, local_registry(folder))


def test_a_damaged_version_is_deployed_between_two_whole_ones(tmp_path: Path) -> None:
    made = deployments(Plan(0.5, hurried=0, swap_every_s=0.2), tmp_path)
    made.deploy()
    made.run()
    assert (made.whole, made.damaged) == (["1.0.0", "1.1.0", "1.2.0"], ["2.0.0", "2.1.0"])
    history = made.registry.deployments(MODEL)
    assert history.latest().primary == "1.2.0"
    onnx.checker.check_model(tmp_path / MODEL / "1.2.0" / "model.onnx")
    with pytest.raises(DecodeError):
        onnx.load(tmp_path / MODEL / "2.1.0" / "model.onnx")


def test_a_soak_that_ends_early_leaves_the_rest_out(tmp_path: Path) -> None:
    made = deployments(Plan(600), tmp_path)
    made.stop.set()
    made.run()
    assert (made.whole, made.damaged) == ([], [])


@pytest.mark.parametrize(("seconds", "swaps"), [(60, 0), (89, 0), (90, 1), (600, 9), (1_800, 29)])
def test_a_version_a_minute_has_at_least_half_a_minute_to_serve(seconds: float, swaps: int, tmp_path: Path) -> None:
    table = deployments(Plan(seconds, hurried=0), tmp_path)._timetable()
    assert [at_s for at_s, _ in table] == [30.0 * each for each in range(1, 2 * swaps + 1)]
    assert [change.__name__ for _, change in table] == ["deploy_damaged", "deploy"] * swaps


def test_the_first_versions_come_in_a_hurry_and_need_not_serve(tmp_path: Path) -> None:
    made = deployments(Plan(1.5, hurried=3, swap_every_s=0.5), tmp_path)
    table = made._timetable()
    assert [change.__name__ for _, change in table] == [
        *["deploy_in_a_hurry"] * 3, "deploy_damaged", "deploy", "deploy_damaged", "deploy"
    ]  # fmt: skip
    assert [at_s for at_s, _ in table] == pytest.approx([0, 1 / 12, 1 / 6, 0.5, 0.75, 1.0, 1.25])
    made.run()
    assert (made.whole, made.unhurried) == ([f"1.{number}.0" for number in range(5)], ["1.3.0", "1.4.0"])
