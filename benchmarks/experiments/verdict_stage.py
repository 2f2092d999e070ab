"""Throughput of scoring with a verdict on its experiment beside that without: the job of ``routing``, twice.

Both runs take turns. ``ratio`` is the rate with the verdict relative to that without, ``ratio_by_cpu`` the same from
the CPU of the whole process tree, which other work on the machine hardly changes. Events are a millisecond apart, and
looks ten minutes, so that a million events have one or two looks.

``python -m benchmarks verdict_stage [SMALL LARGE REPEATS]``.
"""

from __future__ import annotations

import sys

from benchmarks.throughput.compared_jobs import compare_jobs


def main(small: str = "2000000", large: str = "6000000", repeats: str = "3") -> None:
    """Print the figures."""
    compare_jobs("routing.yaml", "judged.yaml", "verdict", (int(small), int(large)), int(repeats))


if __name__ == "__main__":
    main(*sys.argv[1:])
