"""Throughput of scoring with an experiment of two variants beside that without: the job of ``scoring``, twice.

Both runs take turns. ``ratio`` is the rate with the experiment relative to that without, ``ratio_by_cpu`` the same from
the CPU of the whole process tree, which other work on the machine hardly changes.

``python -m benchmarks.routing [SMALL LARGE REPEATS]``.
"""

from __future__ import annotations

import sys

from benchmarks.compared_jobs import compare_jobs


def main(small: str = "2000000", large: str = "6000000", repeats: str = "3") -> None:
    """Print the figures."""
    compare_jobs("scoring", "routing", "experiment", (int(small), int(large)), int(repeats))


if __name__ == "__main__":
    main(*sys.argv[1:])
