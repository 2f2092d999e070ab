"""The interface of all runtimes.

Rules: the first dimension of every input and output is the row. A batch of any size, 0 included, gives the same
results as its rows one by one; a model file with a fixed first dimension is fed in parts. Several threads may call
predict at once. predict does not change its inputs, and its results belong to the caller.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from models.errors import refuse
from models.runtimes.batches import Feeds, run_in_batches, take_rows
from models.runtimes.gpu.gpu_problem import GpuProblem
from models.runtimes.input_slot import InputSlot
from models.runtimes.options import RuntimeOptions
from models.spec import TensorSpec


class Runtime(ABC):
    """A loaded model file.

    A subclass implements `load`, `_run` (one batch of a size the model accepts) and `close`.

    Args:
        name: the model's name in error texts.
        inputs: inputs of predict, in real values even if the file stores quantised ones.
        outputs: outputs of predict, in real values too.
        fixed_batch: the only number of rows that the file accepts in one call; None = any.
    """

    def __init__(
        self,
        name: str,
        inputs: tuple[TensorSpec, ...],
        outputs: tuple[TensorSpec, ...],
        fixed_batch: int | None,
    ) -> None:
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        self.fixed_batch = fixed_batch
        self._slots = tuple(InputSlot(tensor, name) for tensor in inputs)

    @property
    def device(self) -> str:
        """Device that the model runs on now: ``cpu``, or ``cuda:`` and its number."""
        return "cpu"

    @property
    def gpu_problem(self) -> GpuProblem | None:
        """Reason why the model runs on the CPU although it was asked onto a GPU; None: it runs there, or was not."""
        return None

    @classmethod
    @abstractmethod
    def load(
        cls, path: Path, options: RuntimeOptions, *, name: str | None = None, content: bytes | None = None
    ) -> Runtime:
        """Load a model file.

        Args:
            path: path of the file.
            options: threads and devices.
            name: the model's name in error texts; default: the path.
            content: bytes of the file, where they were read and checked already; None: read it.

        Raises:
            ModelError: the file is missing, empty, corrupt or of another format, or the library is missing.
        """

    @abstractmethod
    def close(self) -> None:
        """Free the model; later calls of predict are refused. It may be called twice."""

    @abstractmethod
    def _run(self, feeds: Feeds) -> dict[str, Any]:
        """Call the library once, with conforming arrays of a size it accepts."""

    def predict(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
        """Score n rows.

        Args:
            inputs: for every declared input an (n, ...) array, any numeric dtype or text; (n,) fits (n, 1).

        Returns:
            For every declared output an (n, ...) array, or a list of n maps if the model returns maps.

        Raises:
            ModelError: names, shapes or values do not fit, or the model failed.
        """
        feeds = self._conform(inputs)
        n = self._count_rows(feeds)
        if n == 0:
            return self._run_empty()
        if self.fixed_batch is None or n == self.fixed_batch:
            return self._run(feeds)
        return run_in_batches(self._run, feeds, self.fixed_batch, self.name)

    def zeros(self, n: int, width: int = 1) -> Feeds:
        """Return n rows of zeros (or empty text) for every input."""
        return {slot.name: slot.zeros(n, width) for slot in self._slots}

    def _conform(self, inputs: Mapping[str, NDArray[Any]]) -> Feeds:
        try:
            feeds = {slot.name: slot.conform(inputs[slot.name]) for slot in self._slots}
        except KeyError:
            feeds = {}
        if len(feeds) != len(inputs) or not feeds:
            want = ", ".join(map(str, self.inputs))
            refuse(self.name, f"inputs {want}", ", ".join(map(repr, inputs)) or "none")
        return feeds

    def _count_rows(self, feeds: Feeds) -> int:
        n = len(feeds[self._slots[0].name])
        if len(feeds) > 1 and any(len(array) != n for array in feeds.values()):
            got = ", ".join(f"{name!r} {len(array)}" for name, array in feeds.items())
            refuse(self.name, "inputs of equal length", f"{got} rows")
        return n

    def _run_empty(self) -> dict[str, Any]:
        # Some graphs fail on 0 rows, so score a row of zeros and return none of the result.
        size = self.fixed_batch or 1
        return take_rows(self._run(self.zeros(size)), 0, size, self.name)
