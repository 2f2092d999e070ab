from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from models.runtimes.gpu.gpu_problem import GpuProblem
from udfs.devices.device_metrics import DeviceMetrics
from udfs.metrics.series import series
from udfs.metrics.ticker import TICKER

LOST = GpuProblem("lost", "GPU 0 failed", "restart")


class Model:
    def __init__(self, device: str, problem: GpuProblem | None = None, version: str = "1.0.0") -> None:
        self.spec = SimpleNamespace(name="m", version=version)
        self.runtime = SimpleNamespace(device=device, gpu_problem=problem)


def value(job: str, device: str, reason: str = "", version: str = "1.0.0") -> float:
    found: float = series("model_device_info", job, "m", version, device, reason)._value.get()
    return found


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The functions that the ticker would call."""
    found: list[Any] = []
    monkeypatch.setattr(TICKER, "add", found.append)
    monkeypatch.setattr(TICKER, "remove", found.remove)
    return found


def test_gpu_that_is_lost_is_told_at_the_next_tick(calls: list[Any]) -> None:
    devices, model = DeviceMetrics("lost"), Model("cuda:1")
    devices.add(model)
    assert value("lost", "cuda:1") == 1
    model.runtime = SimpleNamespace(device="cpu", gpu_problem=LOST)
    for call in calls:
        call()
    assert (value("lost", "cuda:1"), value("lost", "cpu", "lost")) == (0, 1)
    devices.remove(model)
    assert (value("lost", "cpu", "lost"), calls) == (0, [])


def test_models_on_the_cpu_are_not_looked_at_again(calls: list[Any]) -> None:
    devices = DeviceMetrics("cpu")
    devices.add(Model("cpu"))
    devices.add(Model("cpu", GpuProblem("no_driver", "", ""), "2.0.0"))
    assert (value("cpu", "cpu"), value("cpu", "cpu", "no_driver", "2.0.0"), calls) == (1, 1, [])


def test_model_is_followed_until_the_last_has_gone(calls: list[Any]) -> None:
    devices, models = DeviceMetrics("many"), [Model("cuda:0"), Model("cuda:0", version="2.0.0"), Model("cpu")]
    for model in models:
        devices.add(model)
    assert calls == [devices.flush]
    for model in models[1:]:
        devices.remove(model)
    assert calls == [devices.flush]
    devices.remove(models[0])
    assert calls == []
