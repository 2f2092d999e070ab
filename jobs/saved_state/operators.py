"""Operators with state in a savepoint or checkpoint, read from its metadata; the JVM must run."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

WINDOWS_UID = "windows-"
"""Begin of the uid of each operator that keeps windows on packed rows; the key field follows."""

TRACKERS_UID = "trackers-"
"""Begin of the uid of each operator that keeps trackers of keys; the key field follows."""

_OVER_UID = "over-aggregate"


@dataclass(frozen=True)
class SavedOperator:
    """An operator that left state.

    Attributes:
        uid: its name over versions of the job; empty where it has none.
        name: its name on Flink's pages.
        parallelism: number of its tasks.
        max_parallelism: number of its key groups.
        state_bytes: size of its state.
        groups: bytes by key group, of keyed state that is stored by group.
    """

    uid: str
    name: str
    parallelism: int
    max_parallelism: int
    state_bytes: int
    groups: Mapping[int, int] = field(default_factory=dict)


def read_saved_operators(url: str) -> list[SavedOperator]:
    """Return the operators of a savepoint or checkpoint, those with the most state first.

    Args:
        url: folder of the savepoint.

    Raises:
        OSError: there is no metadata, or Flink cannot read it.
    """
    return sorted(map(_operator, operator_states(url)), key=lambda each: (-each.state_bytes, each.uid, each.name))


def saved_uids(url: str) -> list[str]:
    """Return the uids of the operators of a savepoint or checkpoint.

    Raises:
        OSError: there is no metadata, or Flink cannot read it.
    """
    return [state.getOperatorUid().orElse("") for state in operator_states(url)]


def operator_states(url: str) -> list[Any]:
    """Return Flink's own description of each operator's state.

    Raises:
        OSError: there is no metadata, or Flink cannot read it.
    """
    from py4j.protocol import Py4JJavaError
    from pyflink.java_gateway import get_gateway

    jvm = get_gateway().jvm
    load = jvm.org.apache.flink.runtime.checkpoint.Checkpoints.loadCheckpointMetadata
    loader = jvm.Thread.currentThread().getContextClassLoader()
    try:
        path = jvm.org.apache.flink.core.fs.Path(f"{url.rstrip('/')}/_metadata")
        stream = jvm.java.io.DataInputStream(path.getFileSystem().open(path))
        try:
            metadata = load(stream, loader, url)
        finally:
            stream.close()
    except Py4JJavaError as error:
        raise OSError(str(error.java_exception)) from error
    return list(_items(metadata.getOperatorStates()))


def keyed_handles(state: Any) -> Iterator[Any]:
    """Yield Flink's handle of the keyed state of each task of an operator."""
    for subtask in _items(state.getStates()):
        yield from _items(subtask.getManagedKeyedState())


def windows_engine(uids: Collection[str]) -> Literal["sliding", "sql"] | None:
    """Return the engine of the windows of which operators left state; None: it holds no windows."""
    if any(uid.startswith(WINDOWS_UID) for uid in uids):
        return "sliding"
    return "sql" if any(uid.endswith(_OVER_UID) for uid in uids) else None


def _operator(state: Any) -> SavedOperator:
    groups: dict[int, int] = {}
    for handle in keyed_handles(state):
        groups.update(_group_sizes(handle))
    return SavedOperator(
        uid=state.getOperatorUid().orElse(""),
        name=state.getOperatorName().orElse(""),
        parallelism=state.getParallelism(),
        max_parallelism=state.getMaxParallelism(),
        state_bytes=state.getStateSize(),
        groups=groups,
    )


def _items(collection: Any) -> Iterator[Any]:
    iterator = collection.iterator()
    while iterator.hasNext():
        yield iterator.next()


def _group_sizes(handle: Any) -> dict[int, int]:
    """Return the bytes of each key group; a backend that stores all of them as one, as RocksDB does, tells none."""
    if not hasattr(handle, "getGroupRangeOffsets"):
        return {}
    pairs = ((pair.getField(1), pair.getField(0)) for pair in _items(handle.getGroupRangeOffsets()))
    # A group without an entry has offset 0.
    begins = sorted(pair for pair in pairs if pair[0])
    ends = [*(begin for begin, _ in begins[1:]), handle.getStateSize()]
    return {group: end - begin for (begin, group), end in zip(begins, ends, strict=False)}
