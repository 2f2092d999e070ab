"""Run one benchmark: ``python -m benchmarks NAME [ARGUMENT ...]``; without a name, list them all."""

from __future__ import annotations

import os
import sys

from benchmarks.catalogue import BENCHMARKS, described


def main(arguments: list[str]) -> int:
    """Become the benchmark's own process, so that it measures nothing of this one; return 2 for an unknown name."""
    if not arguments:
        print("\n".join(described()))
        return 0
    name, *rest = arguments
    if name not in BENCHMARKS:
        print(f"expected the name of a benchmark, got {name!r}; `python -m benchmarks` lists them", file=sys.stderr)
        return 2
    os.execv(sys.executable, [sys.executable, "-m", BENCHMARKS[name].removesuffix(".__main__"), *rest])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
