"""Reasons why a model that was asked onto a GPU runs on the CPU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

GpuReason = Literal["no_provider", "no_driver", "no_device", "not_usable", "no_kernel", "lost", "no_support"]


@dataclass(frozen=True)
class GpuProblem:
    """A reason why a model that was asked onto a GPU runs on the CPU.

    Attributes:
        reason: ``no_provider``: this ONNX Runtime is the one for CPUs; ``no_driver``: no driver, or no GPU that it lets
            this process use; ``no_device``: the settings name a GPU that is not there; ``not_usable``: ONNX Runtime
            left the GPU out, as libraries are missing; ``no_kernel``: no operator of the model runs on a GPU;
            ``lost``: the GPU failed while the model served; ``no_support``: the model's type has no GPU here.
        text: the reason in words.
        fix: the remedy.
    """

    reason: GpuReason
    text: str
    fix: str

    def __str__(self) -> str:
        return f"{self.text}; {self.fix}"
