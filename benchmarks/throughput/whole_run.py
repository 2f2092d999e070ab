"""One whole run of a scoring job, from ``gress run``'s settings to its summary, and how long it took.

``python -m benchmarks.throughput.whole_run CONFIG INPUT OUTPUT``.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from benchmarks.measure import print_figures
from gress import RunRequest, run


def main(config: str, source: str, output: str) -> None:
    """Run the job and print its seconds; an empty source is the one of the settings."""
    start = time.perf_counter()
    run(RunRequest("fraud-detection", Path(output), input=source, config=Path(config), is_all=True))
    print_figures({"seconds": time.perf_counter() - start})


if __name__ == "__main__":
    main(*sys.argv[1:])
