"""GPUs that NVIDIA's driver lets this process use."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any

_LIBRARY = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
_LONGEST_NAME = 128
_NO_DEVICE = 100


def device_names(load: Callable[[str], Any] = ctypes.CDLL) -> tuple[str, ...]:
    """Return the names of the GPUs that this process may use, in the order of their numbers.

    The driver leaves out the ones that ``CUDA_VISIBLE_DEVICES`` does not name, and counts the others from 0.

    Args:
        load: function that loads a library by its name.

    Returns:
        A name for each device, at least one.

    Raises:
        OSError: there is no driver, or it has no GPU for this process.

    Source: https://docs.nvidia.com/cuda/cuda-driver-api, cuInit, cuDeviceGetCount, cuDeviceGetName.
    """
    driver = load(_LIBRARY)
    count = ctypes.c_int(0)
    _check(driver.cuInit(0))
    _check(driver.cuDeviceGetCount(ctypes.byref(count)))
    if not count.value:
        _check(_NO_DEVICE)
    return tuple(_name(driver, number) for number in range(count.value))


def _name(driver: Any, number: int) -> str:
    text, device = ctypes.create_string_buffer(_LONGEST_NAME), ctypes.c_int(0)
    _check(driver.cuDeviceGet(ctypes.byref(device), number))
    _check(driver.cuDeviceGetName(text, _LONGEST_NAME, device))
    return text.value.decode("utf-8", "replace")


def _check(code: int) -> None:
    if code == _NO_DEVICE:
        msg = "NVIDIA's driver has no GPU for this process"
        raise OSError(msg)
    if code:
        msg = f"NVIDIA's driver answers with error {code}"
        raise OSError(msg)
