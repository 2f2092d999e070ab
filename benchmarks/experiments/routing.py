"""Throughput of scoring with an experiment of two variants beside that without: the job of ``scoring``.

The runs take turns. ``ratio`` is the rate with the experiment relative to that without, ``ratio_by_cpu`` the same from
the CPU of the whole process tree, which other work on the machine hardly changes. Predictions of an experiment name it,
the variant and the propensity: a quarter more bytes. ``ratio_as_long`` is the rate relative to that of a job without an
experiment whose predictions carry as many bytes of the event.

``python -m benchmarks routing [SMALL LARGE REPEATS]``.
"""

from __future__ import annotations

import sys

from benchmarks.throughput.compared_jobs import compare_jobs


def main(small: str = "2000000", large: str = "6000000", repeats: str = "3") -> None:
    """Print the figures."""
    sizes = (int(small), int(large))
    compare_jobs("scoring.yaml", "routing.yaml", "experiment", sizes, int(repeats), as_long="as_long.yaml")


if __name__ == "__main__":
    main(*sys.argv[1:])
