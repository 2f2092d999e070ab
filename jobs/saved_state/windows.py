"""Windows in a canonical savepoint: chunks and mark of each shard, as the stages saved them; the JVM must run."""

from __future__ import annotations

import io
import pickle
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from jobs.saved_state.operators import WINDOWS_UID, keyed_handles, operator_states
from udfs.windows.mark import MARK

if TYPE_CHECKING:
    from jobs.saved_state.operators import SavedOperator

_LOG, _WAITING = "log", "waiting"
_MARK_KEY = MARK.to_bytes(8, "big", signed=True)
_IS_NULL_AND_SIZE = 5  # a flag, and four bytes of the value's length


def windows_key(operator: SavedOperator) -> str | None:
    """Return the key field of an operator that keeps windows on packed rows; None: it is another operator."""
    return operator.uid.removeprefix(WINDOWS_UID) if operator.uid.startswith(WINDOWS_UID) and operator.groups else None


@dataclass
class SavedRows:
    """The answered rows of a shard.

    Attributes:
        chunks: those in its log.
        mark: what tells about the others; None: there are none.
    """

    chunks: list[bytes] = field(default_factory=list)
    mark: bytes | None = None


def saved_rows(url: str, uid: str) -> dict[int, SavedRows]:
    """Return the answered rows of each shard that has any, by its key group.

    Args:
        url: folder of the savepoint.
        uid: that of the stage.

    Raises:
        OSError: there is no metadata, or the state is no canonical savepoint: only those have one format in all
            backends.
    """
    from py4j.protocol import Py4JJavaError

    (state,) = (each for each in operator_states(url) if each.getOperatorUid().orElse("") == uid)
    found: defaultdict[int, SavedRows] = defaultdict(SavedRows)
    try:
        for result in _restored(state):
            names = [each.getName() for each in result.getStateMetaInfoSnapshots()]
            for group in _all(result.getRestoredKeyGroups()):
                for entry in _all(group.getKeyGroupEntries()):
                    name = names[entry.getKvStateId()]
                    if name == _LOG:
                        found[group.getKeyGroupId()].chunks.append(_value(entry))
                    elif name == _WAITING and bytes(entry.getKey()).endswith(_MARK_KEY):
                        found[group.getKeyGroupId()].mark = _value(entry)
    except Py4JJavaError as error:
        raise OSError(str(error.java_exception)) from error
    return dict(found)


def _value(entry: Any) -> bytes:
    return unpickled(entry.getValue()[_IS_NULL_AND_SIZE:])


def _restored(state: Any) -> Iterator[Any]:
    from pyflink.common import Types
    from pyflink.java_gateway import get_gateway

    jvm = get_gateway().jvm
    runtime = jvm.org.apache.flink.runtime.state
    config = jvm.org.apache.flink.api.common.serialization.SerializerConfigImpl()
    serializer = Types.ROW([Types.INT()]).get_java_type_info().createSerializer(config)
    keys = runtime.StateSerializerProvider.fromNewRegisteredSerializer(serializer)
    groups = runtime.KeyGroupRange(0, state.getMaxParallelism() - 1)
    handles = jvm.java.util.ArrayList()
    for handle in keyed_handles(state):
        handles.add(handle)
    loader = jvm.Thread.currentThread().getContextClassLoader()
    return _all(runtime.restore.FullSnapshotRestoreOperation(groups, loader, handles, keys).restore())


def _all(iterator: Any) -> Iterator[Any]:
    try:
        while iterator.hasNext():
            yield iterator.next()
    finally:
        iterator.close()


class _BytesOnly(pickle.Unpickler):
    """Reader of pickled bytes, which runs no code."""

    def find_class(self, module: str, name: str, /) -> NoReturn:
        """Refuse whatever is not bytes."""
        msg = f"expected bytes, got {module}.{name}"
        raise pickle.UnpicklingError(msg)


def unpickled(data: bytes) -> bytes:
    """Return pickled bytes.

    Raises:
        UnpicklingError: it is something else.
    """
    found = _BytesOnly(io.BytesIO(data)).load()
    if not isinstance(found, bytes):
        msg = f"expected bytes, got {type(found).__name__}"
        raise pickle.UnpicklingError(msg)
    return found
