"""Shards of a keyed stage: labels that Flink deals out evenly to the tasks of any parallelism."""

from __future__ import annotations

from functools import cache

MOST_SHARDS = 32


@cache
def shard_labels(max_parallelism: int) -> tuple[int, ...]:
    """Return a key a shard, as many as fit, whose key groups lie at even distances.

    A parallelism that divides the number of shards gets as many of them for each task. The JVM must run.

    Args:
        max_parallelism: number of key groups of the job.
    """
    from pyflink.java_gateway import get_gateway

    jvm = get_gateway().jvm
    assign = jvm.org.apache.flink.runtime.state.KeyGroupRangeAssignment.assignToKeyGroup
    shards = min(MOST_SHARDS, max_parallelism)
    wanted = {number * max_parallelism // shards: number for number in range(shards)}
    found: dict[int, int] = {}
    label = 0
    while len(found) < shards:
        # PyFlink hands a Python key to Flink as a row with one field.
        key = jvm.org.apache.flink.types.Row(1)
        key.setField(0, label)
        shard = wanted.get(assign(key, max_parallelism))
        if shard is not None:
            found.setdefault(shard, label)
        label += 1
    return tuple(found[shard] for shard in range(shards))
