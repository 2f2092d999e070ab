"""Devices dealt out over the processes of a machine.

PyFlink gives a worker process neither its subtask nor the TaskManager's GPUs that are meant for it, so each process
claims a device by locking a file. The system takes the lock back when the process ends, however it ends.
"""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from conf.folders.own_folder import make_own_folder

_MOST_CLAIMS = 256


class DeviceClaims:
    """Claims of this process: one device for each choice of devices, for as long as it lives.

    Args:
        folder: folder of the lock files; None: the user's own in the folder for temporary files.
        environ: environment variables.
    """

    def __init__(self, folder: Path | None = None, environ: Mapping[str, str] = os.environ) -> None:
        self._folder = folder
        self._environ = environ
        self._lock = threading.Lock()
        self._held: dict[tuple[int, ...], tuple[int, int | None]] = {}

    def device_of(self, devices: tuple[int, ...]) -> int:
        """Return the device of this process: one that as few others as possible have claimed, the first of these.

        Args:
            devices: numbers to choose from, as CUDA counts those that ``CUDA_VISIBLE_DEVICES`` names; at least one.
        """
        with self._lock:
            if devices not in self._held:
                self._held[devices] = self._claim(devices)
            return self._held[devices][0]

    def close(self) -> None:
        """Give all devices back."""
        with self._lock:
            for _, lock in self._held.values():
                if lock is not None:
                    os.close(lock)
            self._held.clear()

    def _claim(self, devices: Sequence[int]) -> tuple[int, int | None]:
        """Return a device, and the descriptor of its locked file."""
        with suppress(ImportError, OSError):
            folder = self._folder or Path(tempfile.gettempdir()) / f"gress-ml-gpus-{os.getuid()}"
            make_own_folder(folder)
            for place in range(_MOST_CLAIMS):
                for device in devices:
                    lock = _locked(folder / f"{self._identity(device)}.{place}")
                    if lock is not None:
                        return device, lock
        # Without files to lock, the numbers of processes that start together spread them well enough.
        return devices[os.getpid() % len(devices)], None

    def _identity(self, device: int) -> str:
        """Return the name of a device that all processes of the machine know it by."""
        visible = self._environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
        name = visible[device].strip() if device < len(visible) else ""
        return re.sub(r"[^\w-]", "_", name) or str(device)


def _locked(path: Path) -> int | None:
    """Return the descriptor of a file that this process alone has locked; None: another has."""
    import fcntl

    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


CLAIMS = DeviceClaims()
"""The claims of this process."""
