"""Sessions of model files, shared by the operators of a process."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from threading import BoundedSemaphore, Lock

from models.checksum import verified_bytes
from models.errors import fail
from models.runtimes import RUNTIMES
from models.runtimes.options import RuntimeOptions
from models.runtimes.runtime import Runtime
from models.spec import ModelSpec

_Key = tuple[str, str, str, RuntimeOptions]


@dataclass
class _Entry:
    """A session and the number of its users; its lock is held while it loads."""

    lock: Lock = field(default_factory=Lock)
    runtime: Runtime | None = None
    users: int = 0
    gate: BoundedSemaphore = field(default_factory=BoundedSemaphore)


class Session:
    """One user's hold on a shared runtime; ``gate`` limits the number of concurrent runs."""

    def __init__(self, pool: SessionPool, key: _Key, runtime: Runtime, gate: BoundedSemaphore) -> None:
        self.runtime = runtime
        self.gate = gate
        self._pool = pool
        self._key: _Key | None = key

    def close(self) -> None:
        """Release the runtime; the last user closes it. It may be called twice."""
        with self._pool.lock:
            key, self._key = self._key, None
        if key is not None:
            self._pool.release(key)


class SessionPool:
    """One runtime for each (path, checksum, type, options), opened by the first user and closed by the last.

    Threads that want the same file wait for one load; different files load at the same time.
    """

    def __init__(self) -> None:
        self.lock = Lock()
        self._entries: dict[_Key, _Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def acquire(self, spec: ModelSpec, path: Path, options: RuntimeOptions) -> Session:
        """Return a session of a model file; verify the file's checksum if it is not loaded yet."""
        key = (str(path.resolve()), spec.sha256, spec.type, options)
        with self.lock:
            entry = self._entries.setdefault(key, _Entry(gate=BoundedSemaphore(options.max_concurrency)))
            entry.users += 1
        try:
            with entry.lock:
                if entry.runtime is None:
                    entry.runtime = _load(spec, path, options)
        except BaseException:
            self.release(key)
            raise
        return Session(self, key, entry.runtime, entry.gate)

    def release(self, key: _Key) -> None:
        """Return one hold."""
        with self.lock:
            entry = self._entries[key]
            entry.users -= 1
            if entry.users > 0:
                return
            del self._entries[key]
        if entry.runtime is not None:
            entry.runtime.close()


def _load(spec: ModelSpec, path: Path, options: RuntimeOptions) -> Runtime:
    if not path.is_file():
        fail(spec.ref, f"should be in {path}, which is not a file", "publish it again, or correct its path")
    # The runtime gets the bytes that were checked, as somebody may replace the file meanwhile.
    return RUNTIMES[spec.type].load(path, options, name=spec.ref, content=verified_bytes(spec, path))


SESSIONS = SessionPool()
