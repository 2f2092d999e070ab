"""Options of a model's session."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RuntimeOptions:
    """Threads and devices of one session.

    Args:
        intra_op_threads: threads inside one operator of the graph, >= 1. With one, task slots do not compete for cores.
        enable_gpu: run on a GPU; where there is no usable one, warn once, keep the reason, and run on the CPU.
        gpu_device_ids: devices to deal out over worker processes; empty = all that CUDA shows.
        max_concurrency: runs of the model at one time in a process, >= 1; further runs wait.
    """

    intra_op_threads: int = 1
    enable_gpu: bool = False
    gpu_device_ids: tuple[int, ...] = ()
    max_concurrency: int = 10

    def __post_init__(self) -> None:
        if self.intra_op_threads < 1:
            text = f"intra_op_threads: expected int >= 1, got {self.intra_op_threads}"
            raise ValueError(text)
