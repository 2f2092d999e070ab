"""Odd lines, settings and model.json by time, or one input again.

``python -m benchmarks fuzz [SECONDS [SEED]]``, ``python -m benchmarks fuzz repeat FILE``; exit code 1: an input failed.
"""

from __future__ import annotations

import sys
import time
import traceback
from pathlib import Path

from benchmarks.fuzz.session import Session, read_corpus
from benchmarks.fuzz.targets import TARGETS

FOLDER = Path("build/fuzz")
_WIDEST = 400


def main(seconds: str = "60", seed: str = "") -> int:
    """Try inputs for so long, and print the seed, the count and the failure."""
    chosen = int(seed) if seed else time.time_ns() % 2**32
    print(f"seed {chosen}", flush=True)
    end = time.monotonic() + float(seconds)
    tried, failure = Session(TARGETS, read_corpus(), chosen, FOLDER).run(lambda _: time.monotonic() < end)
    print(f"{tried} inputs tried")
    if failure is None:
        return 0
    for line in _trace(failure.error):
        print(line[:_WIDEST])
    print(f"failed: {failure.path}\nto repeat: python -m benchmarks fuzz repeat {failure.path}")
    return 1


def _trace(error: BaseException) -> list[str]:
    """Return the lines of a traceback, which may quote an input, so in ASCII."""
    text = "".join(traceback.format_exception(error))
    return text.encode("ascii", "backslashreplace").decode().splitlines()


def repeat(path: str) -> int:
    """Try the input of a file again, on the target in its name; an error goes through."""
    TARGETS[Path(path).name.partition("-")[0]](Path(path).read_bytes())
    print("the input no longer fails")
    return 0


if __name__ == "__main__":
    sys.exit(repeat(sys.argv[2]) if sys.argv[1:2] == ["repeat"] else main(*sys.argv[1:]))
