"""A learner of another library in a thread of its own.

Inside the JVM's process the iterators through which Java takes rows have a thread state of their own, in which compiled
code that asks for Python's lock (`PyGILState_Ensure`) waits for ever. A thread that Python made has no such trouble.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from state.learning.adapters.row_learner import RowLearner


class OwnThread:
    """A learner whose every call runs in one thread; callers wait for it.

    Args:
        make: function that makes the learner.
    """

    def __init__(self, make: Callable[[], RowLearner]) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="learner")
        try:
            self._learner: RowLearner = self._run(make)
        except BaseException:
            self._pool.shutdown(wait=False)
            raise

    def __del__(self) -> None:
        self._pool.shutdown(wait=False)

    @property
    def features(self) -> int:
        """Width of the rows."""
        return self._learner.features

    def learn_many(
        self, rows: NDArray[np.float64], targets: NDArray[np.float64], weights: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Predict each row from the rows before it, then learn it; return the predictions."""
        said: NDArray[np.float64] = self._run(self._learner.learn_many, rows, targets, weights)
        return said

    def predict_many(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Predict rows, and learn nothing."""
        said: NDArray[np.float64] = self._run(self._learner.predict_many, rows)
        return said

    def is_finite(self) -> bool:
        """Return whether all parameters are finite."""
        return bool(self._run(self._learner.is_finite))

    def parameters(self) -> Any:
        """Refuse: its parameters are the library's own.

        Raises:
            ValueError: always.
        """
        return self._learner.parameters()

    def scale_rate(self, factor: float) -> None:
        """Refuse: its rate is the library's own.

        Raises:
            ValueError: always.
        """
        self._learner.scale_rate(factor)

    def to_bytes(self) -> bytes:
        """Return the state."""
        return bytes(self._run(self._learner.to_bytes))

    def restore(self, data: bytes) -> None:
        """Continue from a state as if there had been no break."""
        self._run(self._learner.restore, data)

    def _run(self, call: Callable[..., Any], *given: Any) -> Any:
        return self._pool.submit(call, *given).result()
