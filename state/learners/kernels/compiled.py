"""Kernels as machine code, by numba where it is installed.

Inside the JVM's process the iterators through which Java takes rows have a thread state of their own. There numba's
arrays wait for ever, in `PyGILState_Ensure`, and so does its compiler. So machine code gets addresses instead of
arrays, and a thread that Python made compiles it.
"""

from __future__ import annotations

import ctypes
import hashlib
import inspect
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from state.learners.kernels import gradient

if TYPE_CHECKING:
    from collections.abc import Callable

    from state.learners.kernels.kernel import Array, Kernel

_CALLED = (
    gradient.dot,
    gradient.sigmoid,
    gradient.predict,
    gradient.error_of,
    gradient.is_learnt,
    gradient.penalise,
)
_ARRAYS, _SIZES = 6, 5
# Pointers, then the numbers of rows, parameters, numbers, slots and outputs. The call lets other threads run.
_ENTRY = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * _ARRAYS, *[ctypes.c_ssize_t] * _SIZES)


def has_compiler() -> bool:
    """Return whether numba is installed."""
    return find_spec("numba") is not None


@cache
def compiled(kernel: Kernel) -> Kernel:
    """Return a kernel of loops as machine code; numba keeps it on disk for the next process, where it may write.

    Fast mathematics stay off, so that sums keep their order.
    """
    with ThreadPoolExecutor(1) as pool:
        native, entry = pool.submit(_compile, kernel).result()

    def run(rows: Array, asked: Array, numbers: Array, state: Array, totals: Array, out: Array) -> None:
        arrays = (rows, asked, numbers, state, totals, out)
        if not all(array.flags.c_contiguous for array in arrays):
            msg = "learner: expected arrays in one piece, got a part of another; copy it"
            raise ValueError(msg)
        if not len(rows):
            return
        sizes = (*rows.shape, len(numbers), len(state), out.shape[1])
        entry(*map(_address, arrays), *sizes)

    # The function keeps the code that it calls alive.
    run.__dict__["native"] = native
    return run


def _address(array: Any) -> int:
    # A quarter of the time of asking numpy, which makes a dictionary of it.
    return ctypes.addressof(ctypes.c_double.from_buffer(array))


def _compile(kernel: Kernel) -> tuple[Any, Callable[..., None]]:
    """Return the compiled function, and its entry for addresses and sizes."""
    import numba
    from numba import types
    from numba.extending import register_jitable

    for function in (*_CALLED, kernel):
        register_jitable(function)
    entry = _entry_of(kernel, _digest(kernel))
    signature = types.void(*[types.CPointer(types.float64)] * _ARRAYS, *[types.intp] * _SIZES)
    options: dict[str, Any] = {"error_model": "numpy", "fastmath": False}
    try:
        made = numba.cfunc(signature, cache=True, **options)(entry)
    except (OSError, RuntimeError):  # no folder for its cache can be written
        made = numba.cfunc(signature, **options)(entry)
    return made, _ENTRY(made.address)


def _entry_of(kernel: Kernel, digest: str) -> Callable[..., None]:
    """Return a function of addresses and sizes; numba's cache distinguishes the values that it closes over."""
    from numba import carray

    def entry(  # noqa: PLR0913, PLR0917 - machine code gets each address and each size by itself
        rows: Any, asked: Any, numbers: Any, state: Any, totals: Any, out: Any, n: int, k: int, m: int, s: int, c: int
    ) -> None:
        kernel(
            carray(rows, (n, k)),
            carray(asked, (n, 3)),
            carray(numbers, (m,)),
            carray(state, (s, c, k)),
            carray(totals, (4,)),
            carray(out, (n, c)),
        )
        len(digest)

    return entry


def _digest(kernel: Kernel) -> str:
    """Return a digest of the files that a kernel's code is in: numba's cache looks at the file of the entry alone."""
    sources = dict.fromkeys(inspect.getsourcefile(each) for each in (*_CALLED, kernel))
    digest = hashlib.sha256()
    for source in sources:
        assert source is not None
        with open(source, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()
