"""Kernels as machine code, by numba where it is installed."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from state.learners.kernels import gradient

if TYPE_CHECKING:
    from collections.abc import Callable

    from state.learners.kernels.kernel import Kernel

_CALLED = (
    gradient.dot,
    gradient.sigmoid,
    gradient.predict,
    gradient.error_of,
    gradient.is_learnt,
    gradient.penalise,
)
_SIGNATURE = "void(float64[:,::1], float64[:,::1], float64[::1], float64[:,:,::1], float64[::1], float64[:,::1])"


def has_compiler() -> bool:
    """Return whether numba is installed."""
    return find_spec("numba") is not None


@cache
def compiled(kernel: Callable[..., None]) -> Kernel:
    """Return a kernel of loops as machine code; numba keeps it on disk for the next process, where it may write.

    Fast mathematics stay off, so that sums keep their order.
    """
    import numba
    from numba.extending import register_jitable

    for function in _CALLED:
        register_jitable(function)
    options: dict[str, Any] = {"error_model": "numpy", "fastmath": False}
    made: Kernel
    try:
        made = numba.njit(_SIGNATURE, cache=True, **options)(kernel)
    except (OSError, RuntimeError):  # no folder for its cache can be written
        made = numba.njit(_SIGNATURE, **options)(kernel)
    return made
