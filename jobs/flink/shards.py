"""Shards of a keyed stage: labels that Flink deals out evenly to the tasks of any parallelism."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyflink.common.typeinfo import TypeInformation
    from pyflink.datastream import DataStream, KeyedStream

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


def keyed_rows(stream: DataStream, key: TypeInformation, value: TypeInformation) -> KeyedStream:
    """Return a stream of rows ``(key, value)`` as values by their keys, without a Python operator for the key.

    PyFlink's own ``key_by`` calls Python for each element to learn its key, which is there already.

    Args:
        stream: the rows.
        key: type of their first fields.
        value: type of their second fields.
    """
    from pyflink.common import Types
    from pyflink.datastream.data_stream import KeyedStream
    from pyflink.java_gateway import get_gateway

    selector = get_gateway().jvm.KeyByKeySelector()
    keyed = stream._j_data_stream.keyBy(selector, Types.ROW([key]).get_java_type_info())
    return KeyedStream(keyed, value, stream)


def keyed_parts(stream: DataStream) -> KeyedStream:
    """Return a stream of ``(label, part)`` as parts by the labels of their shards."""
    from pyflink.common import Types

    return keyed_rows(stream, Types.INT(), Types.PRIMITIVE_ARRAY(Types.BYTE()))
