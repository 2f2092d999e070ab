"""Throughput of scoring with five look-ups in the feature store beside that without: the job of ``scoring``.

The runs take turns. ``ratio`` is the rate with look-ups relative to that without, ``ratio_by_cpu`` the same from the
CPU of the whole process tree, which other work on the machine hardly changes. A thousand users take turns, so that the
cache of each worker is warm after its first batches.

``python -m benchmarks lookups [SMALL LARGE REPEATS]``.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.feature_store.joined import write_joined
from benchmarks.feature_store.store_server import store_server
from benchmarks.throughput.compared_jobs import compare_jobs

USERS = 1_000


def main(small: str = "1000000", large: str = "3000000", repeats: str = "3") -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(prefix="gress-bench-") as folder, store_server() as port:
        config = Path(folder) / "joined.yaml"
        write_joined(config, {"backend": "redis", "redis_addr": f"127.0.0.1:{port}", "cache_ttl": "1d"}, USERS)
        sizes = (int(small), int(large))
        compare_jobs("scoring.yaml", str(config), "lookups", sizes, int(repeats), users=USERS)


if __name__ == "__main__":
    main(*sys.argv[1:])
