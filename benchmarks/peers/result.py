"""The last line of a peer's program: seconds, and the versions of its libraries."""

from __future__ import annotations

import platform
from importlib.metadata import version

from benchmarks.measure import print_figures


def versions(*packages: str) -> dict[str, str]:
    """Return the versions of packages and of Python."""
    return {"python": platform.python_version(), **{package: version(package) for package in packages}}


def print_result(seconds: float, *packages: str) -> None:
    """Print the seconds that the work took, and the versions."""
    print_figures({"seconds": seconds, "versions": versions(*packages)})
