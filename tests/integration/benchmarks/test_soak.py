"""A job on a cluster goes on while its disk is full, its broker is away and versions come, some of them damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.soak.bounds import broken
from benchmarks.soak.plan import Plan
from benchmarks.soak.soak import soak
from gress.cluster.processes import marked_processes

pytestmark = pytest.mark.slow

PLAN = Plan(180, rate=200, hurried=0, swap_every_s=30, full_s=10, outage_s=3, settle_s=3, look_s=2)


def test_every_row_is_there_once_after_a_full_disk_a_broker_that_was_away_and_damaged_versions(
    kafka_jars: None, tmp_path: Path
) -> None:
    try:
        outcome = soak(tmp_path, PLAN)
    except PermissionError:
        pytest.skip("only root on Linux can mount a disk")
    # A busy machine may need longer than a version serves here, and three minutes say little about growth:
    # `make bench NAME=soak` does.
    figures = outcome.figures | {"versions_unserved": []}
    assert broken(figures, {}) == []
    assert figures["dead_letters"] == {"malformed": PLAN.rows // PLAN.malformed_every}
    assert figures["versions"] > 1
    assert figures["job"] == "RUNNING"
    assert figures["checkpoints_failed"]
    assert figures["checkpoints"]
    seen = {(kind, quantity) for _, kind, quantity, _, _ in outcome.samples}
    heaps = {(kind, "live_heap_mib") for kind in ("jobmanager", "taskmanager")}
    kinds = ("jobmanager", "taskmanager", "python")
    assert seen == heaps | {(kind, quantity) for kind in kinds for quantity in ("memory_mib", "open_files")}
    assert marked_processes(tmp_path / "disk" / "cluster") == set()
