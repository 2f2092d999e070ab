from __future__ import annotations

import ctypes
from typing import Any

import pytest

from models.runtimes.gpu.nvidia_driver import device_names


class Driver:
    """NVIDIA's driver, with answers as its documentation has them."""

    def __init__(self, *names: str, init: int = 0) -> None:
        self.names, self.init = names, init

    def cuInit(self, flags: int) -> int:
        return self.init

    def cuDeviceGetCount(self, count: Any) -> int:
        count._obj.value = len(self.names)
        return 0

    def cuDeviceGet(self, device: Any, ordinal: int) -> int:
        device._obj.value = ordinal
        return 0

    def cuDeviceGetName(self, text: Any, length: int, device: ctypes.c_int) -> int:
        text.value = self.names[device.value].encode()
        return 0


def test_names_are_in_the_order_of_their_numbers() -> None:
    assert device_names(lambda _: Driver("NVIDIA H100", "NVIDIA A10")) == ("NVIDIA H100", "NVIDIA A10")


@pytest.mark.parametrize(
    ("driver", "text"),
    [
        (Driver(), "has no GPU for this process"),
        (Driver(init=100), "has no GPU for this process"),
        (Driver("x", init=803), "answers with error 803"),
    ],
    ids=["none visible", "none there", "driver of another version"],
)
def test_driver_without_a_gpu_says_so(driver: Driver, text: str) -> None:
    with pytest.raises(OSError, match=text):
        device_names(lambda _: driver)


def test_machine_without_a_driver_says_so() -> None:
    with pytest.raises(OSError, match="libnothing"):
        device_names(lambda _: ctypes.CDLL("libnothing.so.1"))
