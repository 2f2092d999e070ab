"""A stand-in for ONNX Runtime with CUDA: its providers, sessions and driver, as far as ours ask them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from models.runtimes.gpu.device_claims import DeviceClaims
from models.runtimes.gpu.open_session import CPU, CUDA, Gpus

CPU_WHEEL = ("AzureExecutionProvider", CPU)
GPU_WHEEL = ("TensorrtExecutionProvider", CUDA, CPU)


class FakeSession:
    """A session that doubles its input, on the providers that it was told to leave."""

    def __init__(self, ort: FakeOrt, providers: Sequence[Any]) -> None:
        self.asked = providers
        names = [each[0] if isinstance(each, tuple) else each for each in providers]
        self.providers = [name for name in names if name not in ort.left_out]
        self.kernels = ort.kernels if CUDA in self.providers else {CPU: ["Relu"]}
        self.failure: Exception | None = None
        self._model_bytes = b"kept"

    def get_providers(self) -> list[str]:
        return self.providers

    def get_inputs(self) -> list[Any]:
        return [SimpleNamespace(name="x", type="tensor(float)", shape=["n", 1])]

    def get_outputs(self) -> list[Any]:
        return [SimpleNamespace(name="y", type="tensor(float)", shape=["n", 1])]

    def get_provider_graph_assignment_info(self) -> list[Any]:
        def part(name: str, kinds: list[str]) -> Any:
            nodes = [SimpleNamespace(op_type=kind) for kind in kinds]
            return SimpleNamespace(ep_name=name, get_nodes=lambda: nodes)

        return [part(name, kinds) for name, kinds in self.kernels.items()]

    def run(self, names: list[str], feeds: dict[str, Any], options: Any = None) -> list[Any]:
        if self.failure is not None:
            raise self.failure
        return [feeds["x"] * 2]

    def io_binding(self) -> FakeBinding:
        return FakeBinding()

    def run_with_iobinding(self, binding: FakeBinding, options: Any = None) -> None:
        binding.outputs = self.run(binding.names, binding.feeds, options)


class FakeBinding:
    """Inputs and outputs bound to a device."""

    def __init__(self) -> None:
        self.feeds: dict[str, Any] = {}
        self.names: list[str] = []
        self.outputs: list[Any] = []

    def bind_ortvalue_input(self, name: str, value: tuple[Any, str, int]) -> None:
        assert value[1] == "cuda"
        self.feeds[name] = value[0]

    def bind_output(self, name: str, kind: str, device: int) -> None:
        assert kind == "cuda"
        self.names.append(name)

    def copy_outputs_to_cpu(self) -> list[Any]:
        return self.outputs


class FakeOrt:
    """A module onnxruntime.

    Args:
        providers: those that it was built with.
        left_out: those that a session leaves out in silence.
        refused: error of a session that is to run on CUDA.
        kernels: operators of the model by the provider that they run on.
    """

    __file__ = "/nowhere/onnxruntime/__init__.py"
    __version__ = "1.99.0"
    OrtValue = SimpleNamespace(ortvalue_from_numpy=lambda array, kind, device: (array, kind, device))

    def __init__(
        self,
        providers: Sequence[str] = GPU_WHEEL,
        *,
        left_out: Sequence[str] = (),
        refused: Exception | None = None,
        kernels: dict[str, list[str]] | None = None,
    ) -> None:
        self.providers, self.left_out, self.refused = providers, left_out, refused
        self.kernels = {CUDA: ["Relu"]} if kernels is None else kernels
        self.opened: list[FakeSession] = []
        self.entries: dict[str, str] = {}

    def get_available_providers(self) -> list[str]:
        return list(self.providers)

    def SessionOptions(self) -> Any:
        return SimpleNamespace(add_session_config_entry=self.entries.__setitem__)

    def InferenceSession(
        self, content: bytes, settings: Any, providers: Sequence[Any], enable_fallback: int = 1
    ) -> FakeSession:
        if self.refused is not None and providers != [CPU]:
            assert not enable_fallback, "it would go to the CPU by itself, and say so on standard output alone"
            raise self.refused
        self.opened.append(FakeSession(self, providers))
        return self.opened[-1]


def no_gpus(text: str) -> Callable[[], tuple[str, ...]]:
    def names() -> tuple[str, ...]:
        raise OSError(text)

    return names


def gpus_of(folder: Path, *names: str) -> Gpus:
    """Return GPUs of these names, and claims in a folder."""
    return Gpus(lambda: names, DeviceClaims(folder / "gpus", {}))


X = np.array([[1.0], [-2.0]], dtype=np.float32)
