"""A session on a GPU that continues, on the CPU, when the GPU fails."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from typing import Any

from models.runtimes.batches import Feeds
from models.runtimes.gpu.bound_run import BoundRun
from models.runtimes.gpu.gpu_problem import GpuProblem

_LOG = logging.getLogger("gress.models")
# A batch for which the memory is too small is not among them: the next may fit. After these a process has no GPU.
_FAILURE = re.compile(r"\b(CUDA|CUDNN|CUBLAS|CUFFT) failure\b")
_RESTART = "restart the worker once the GPU works; nvidia-smi and the kernel's log say what is wrong with it"


class GpuSession:
    """An inference session with the same calls as ONNX Runtime's own.

    ONNX Runtime would go to the CPU for some failures, too, with a line on standard output and for one thread alone.

    Args:
        session: ONNX Runtime's session on the GPU.
        number: number of the GPU, as CUDA counts those of this process.
        name: name of the GPU, for texts.
        reopen: function that opens the model on the CPU.
        bound: runs of the session for large batches; None: all are run alike.

    Attributes:
        name: name of the GPU.
        problem: the failure that ended the use of the GPU; None: it is used.
    """

    def __init__(
        self, session: Any, number: int, name: str, reopen: Callable[[], Any], bound: BoundRun | None = None
    ) -> None:
        self.problem: GpuProblem | None = None
        # Together, as threads read both while another may exchange them.
        self._used = session, bound
        self._number = number
        self.name = name
        self._reopen = reopen
        self._lock = threading.Lock()

    @property
    def device(self) -> str:
        """Device that the model runs on now: ``cuda:`` and its number, or ``cpu``."""
        return f"cuda:{self._number}" if self.problem is None else "cpu"

    def get_inputs(self) -> Any:
        """Return the model's inputs."""
        return self._used[0].get_inputs()

    def get_outputs(self) -> Any:
        """Return the model's outputs."""
        return self._used[0].get_outputs()

    def get_providers(self) -> list[str]:
        """Return what operators run on, in the order of preference."""
        return list(self._used[0].get_providers())

    def run(self, names: list[str], feeds: Feeds, run_options: Any = None) -> Any:
        """Return the outputs of these names for a batch, from the CPU if the GPU fails meanwhile."""
        session, bound = self._used
        try:
            if bound is not None and bound.fits(feeds):
                return bound.run(names, feeds, run_options)
            return session.run(names, feeds, run_options)
        except Exception as error:
            if self.problem is None and not _is_lost(error):
                raise
            self._leave(session, error)
        return self._used[0].run(names, feeds, run_options)

    def _leave(self, session: Any, error: Exception) -> None:
        with self._lock:
            if self._used[0] is not session:
                # Another thread has seen it first.
                return
            if self.problem is not None:
                raise error
            text = str(error).strip().partition("\n")[0]
            self.problem = GpuProblem("lost", f"{self.name} failed while the model served: {text}", _RESTART)
            _LOG.error("%s", self.problem)
            self._used = self._reopen(), None


def _is_lost(error: Exception) -> bool:
    """Return whether an error of ONNX Runtime is one of the GPU, not of a batch or a model."""
    return type(error).__name__ == "EPFail" or _FAILURE.search(str(error)) is not None
