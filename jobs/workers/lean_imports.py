"""Import of Apache Beam without the libraries that only its own connectors use."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_EXTRAS = frozenset({"boto3", "hdfs", "pymongo"})


class _Absent(MetaPathFinder):
    """A finder that reports its modules as absent."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname in _EXTRAS:
            raise ModuleNotFoundError(name=fullname)
        return None


def import_beam() -> None:
    """Import Beam, which finds none of its optional libraries: they take a third of the time.

    PyFlink reads and writes through Flink, never through Beam's connectors. Other code imports the libraries later as
    usual. No other thread should import anything meanwhile.
    """
    finder = _Absent()
    sys.meta_path.insert(0, finder)
    try:
        with suppress(ImportError):
            importlib.import_module("apache_beam")
    finally:
        sys.meta_path.remove(finder)
