"""Windows in a canonical savepoint: the chunks of each shard, as the stages saved them; the JVM must run."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from jobs.saved_state.operators import WINDOWS_UID, keyed_handles, operator_states

if TYPE_CHECKING:
    from jobs.saved_state.operators import SavedOperator

_LOG = "log"
_IS_NULL_AND_SIZE = 5  # a flag, and four bytes of the value's length


def windows_key(operator: SavedOperator) -> str | None:
    """Return the key field of an operator that keeps windows on packed rows; None: it is another operator."""
    return operator.uid.removeprefix(WINDOWS_UID) if operator.uid.startswith(WINDOWS_UID) and operator.groups else None


def saved_chunks(url: str, uid: str) -> Iterator[tuple[int, bytes]]:
    """Yield each chunk of answered rows with its key group.

    Args:
        url: folder of the savepoint.
        uid: that of the stage.

    Raises:
        OSError: there is no metadata, or the state is no canonical savepoint: only those have one format in all
            backends.
    """
    from py4j.protocol import Py4JJavaError

    (state,) = (each for each in operator_states(url) if each.getOperatorUid().orElse("") == uid)
    try:
        for result in _restored(state):
            (number,) = (n for n, found in enumerate(result.getStateMetaInfoSnapshots()) if found.getName() == _LOG)
            for group in _all(result.getRestoredKeyGroups()):
                for entry in _all(group.getKeyGroupEntries()):
                    if entry.getKvStateId() == number:
                        yield group.getKeyGroupId(), unpickled(entry.getValue()[_IS_NULL_AND_SIZE:])
    except Py4JJavaError as error:
        raise OSError(str(error.java_exception)) from error


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
