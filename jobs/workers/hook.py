"""Import of what a cluster's workers need as they start, so that no row waits for it.

Flink starts a worker when its task does, and lets rows flow once the worker answers; a function is loaded with the
first rows. The package that is shipped with a job is on the workers' path, and Python imports `sitecustomize` from
there before anything else. It is this file with a call at its end.

Rules of this file:

- It needs only the standard library, and imports nothing of ours but in a worker: another Python may have this package
  on its path, too, and a checkout before it.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path

_NAME = "sitecustomize"


def write_hook(folder: Path, worker: str, modules: Sequence[str]) -> None:
    """Let each worker that has a folder on its path import modules when it starts.

    Args:
        folder: folder of the package that is shipped.
        worker: module that workers run.
        modules: names of the modules to import.
    """
    call = f"load(__file__, {worker!r}, {tuple(modules)!r})"
    text = Path(__file__).read_text(encoding="utf-8")
    (folder / f"{_NAME}.py").write_text(f"{text}\n\n{call}\n", encoding="utf-8")


def load(hook: str, worker: str, modules: Sequence[str]) -> None:
    """Do what the hook that this one hides would do; in a worker, import its modules.

    Args:
        hook: path of the hook that calls.
        worker: module that workers run.
        modules: names of the modules; those that fail are left to the functions that want them, which say why.
    """
    try:
        _load_hidden(os.path.dirname(hook))
    finally:
        # Python reports a hook that fails, and goes on. One before 3.10 knows no arguments of its own.
        if worker in getattr(sys, "orig_argv", ()):
            _import_all(modules)


def _load_hidden(folder: str) -> None:
    """Load the hook that is next on Python's path after the one in a folder, and leave it that one's name."""
    places = [place for place, entry in enumerate(sys.path) if _is_same(entry, folder)]
    # The next may be a hook like this one, and must not find this one again.
    hidden = PathFinder.find_spec(_NAME, sys.path[places[-1] + 1 :]) if places else None
    if hidden is None or hidden.loader is None:
        return
    module = module_from_spec(hidden)
    # A package finds its own modules by its name.
    sys.modules[_NAME] = module
    hidden.loader.exec_module(module)


def _is_same(entry: str, folder: str) -> bool:
    with suppress(OSError, ValueError):
        return os.path.samefile(entry or os.curdir, folder)
    return False


def _import_all(modules: Sequence[str]) -> None:
    with suppress(Exception):
        from jobs.workers.lean_imports import import_beam

        import_beam()
    for name in modules:
        with suppress(Exception):
            importlib.import_module(name)
