"""Import of what a cluster's workers need as they start, so that no row waits for it.

Flink starts a worker when its task does, and lets rows flow once the worker answers; a function is loaded with the
first rows. The package that is shipped with a job is on the workers' path, and Python imports `sitecustomize` from
there before anything else.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path

from jobs.workers.lean_imports import import_beam
from jobs.workers.start import MODULE, MODULES

_HOOK = "sitecustomize"


def write_hook(folder: Path, others: Sequence[str] = ()) -> None:
    """Let each worker that has a folder on its path import its modules when it starts.

    Args:
        folder: folder of the package that is shipped.
        others: names of further modules.
    """
    lines = [
        '"""Python\'s hook at its start; see jobs/workers/preload.py."""',
        "from contextlib import suppress",
        "",
        "with suppress(ImportError):",
        "    from jobs.workers.preload import preload",
        "",
        f"    preload(__file__, {(*MODULES, *others)!r})",
    ]
    (folder / f"{_HOOK}.py").write_text("\n".join(lines) + "\n", encoding="utf-8")


def preload(hook: str, modules: Sequence[str]) -> None:
    """Do what the hook that this one hides would do; in a worker, import its modules.

    Args:
        hook: path of the hook that calls.
        modules: names of the modules; those that are not installed are left to the functions that want them.
    """
    _run_hidden(Path(hook).parent)
    if MODULE not in sys.orig_argv:
        return
    import_beam()
    for name in modules:
        with suppress(ImportError):
            importlib.import_module(name)


def _run_hidden(folder: Path) -> None:
    spec = PathFinder.find_spec(_HOOK, [entry for entry in sys.path if Path(entry).resolve() != folder.resolve()])
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(module_from_spec(spec))
