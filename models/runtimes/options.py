"""How a model file is run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RuntimeOptions:
    """Threads and devices of one session.

    Args:
        intra_op_threads: Threads inside one operator of the graph, >= 1. With one, task slots do not fight.
        enable_gpu: Run on a GPU where the runtime has one; otherwise one warning, and the CPU.
        max_concurrency: Runs of the model at one time in a process, >= 1; further ones wait.
        gpu_device_ids: Devices to spread worker processes over; empty = device 0.
    """

    intra_op_threads: int = 1
    enable_gpu: bool = False
    gpu_device_ids: tuple[int, ...] = ()
    max_concurrency: int = 10

    def __post_init__(self) -> None:
        if self.intra_op_threads < 1:
            text = f"intra_op_threads: expected int >= 1, got {self.intra_op_threads}"
            raise ValueError(text)
