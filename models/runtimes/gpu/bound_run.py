"""Runs of a large batch with its inputs and outputs bound to the memory of the GPU."""

from __future__ import annotations

from typing import Any

from models.runtimes.batches import Feeds

BIND_FROM_BYTES = 1 << 20
"""Size of a batch's inputs from which it is bound, at a few calls more: a guess; `make bench NAME=gpu` measures it."""

_NUMBERS = "biuf"


class BoundRun:
    """Runs of one session with bound inputs and outputs: each is copied once, straight from or to the caller's array.

    Without binding, ONNX Runtime first gathers outputs in memory of its own.

    Args:
        ort: the module onnxruntime.
        session: ONNX Runtime's session.
        device: kind and number of the device that holds them, such as ``("cuda", 0)``.
        least_bytes: size of the inputs from which a batch is bound.

    Source: https://onnxruntime.ai/docs/api/python/api_summary.html#data-on-device
    """

    def __init__(self, ort: Any, session: Any, device: tuple[str, int], *, least_bytes: int = BIND_FROM_BYTES) -> None:
        self._ort = ort
        self._session = session
        self._device = device
        self._least_bytes = least_bytes
        # A device holds neither texts nor maps.
        self._can_bind = all(
            node.type.startswith("tensor(") and node.type != "tensor(string)" for node in session.get_outputs()
        )

    def fits(self, feeds: Feeds) -> bool:
        """Return whether a batch is large enough, and of numbers alone."""
        arrays = feeds.values()
        return (
            self._can_bind
            and sum(array.nbytes for array in arrays) >= self._least_bytes
            and all(array.dtype.kind in _NUMBERS for array in arrays)
        )

    def run(self, names: list[str], feeds: Feeds, run_options: Any = None) -> Any:
        """Return the outputs of these names, as arrays of the caller's own."""
        binding = self._session.io_binding()
        for name, array in feeds.items():
            binding.bind_ortvalue_input(name, self._ort.OrtValue.ortvalue_from_numpy(array, *self._device))
        for name in names:
            binding.bind_output(name, *self._device)
        self._session.run_with_iobinding(binding, run_options)
        return binding.copy_outputs_to_cpu()
