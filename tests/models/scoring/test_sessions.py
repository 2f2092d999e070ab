from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from models.errors import ModelError
from models.runtimes.options import RuntimeOptions
from models.scoring.sessions import SessionPool
from models.spec import ModelSpec

ONE = RuntimeOptions()


def test_users_of_a_file_share_one_runtime(net_spec: ModelSpec, net_file: Path) -> None:
    pool = SessionPool()
    first, second = pool.acquire(net_spec, net_file, ONE), pool.acquire(net_spec, net_file, ONE)
    assert first.runtime is second.runtime
    assert len(pool) == 1


def test_other_options_or_files_have_their_own(net_spec: ModelSpec, net_file: Path, tmp_path: Path) -> None:
    pool = SessionPool()
    copy = tmp_path / "copy.onnx"
    copy.write_bytes(net_file.read_bytes())
    sessions = [
        pool.acquire(net_spec, net_file, ONE),
        pool.acquire(net_spec, net_file, RuntimeOptions(intra_op_threads=2)),
        pool.acquire(net_spec, copy, ONE),
    ]
    assert len({id(session.runtime) for session in sessions}) == 3


def test_last_user_closes_and_closing_twice_counts_once(net_spec: ModelSpec, net_file: Path) -> None:
    pool = SessionPool()
    first, second = pool.acquire(net_spec, net_file, ONE), pool.acquire(net_spec, net_file, ONE)
    rows = second.runtime.zeros(1)
    first.close()
    first.close()
    second.runtime.predict(rows)
    second.close()
    with pytest.raises(ModelError, match="is closed"):
        second.runtime.predict(rows)
    assert len(pool) == 0
    assert pool.acquire(net_spec, net_file, ONE).runtime is not second.runtime


def test_threads_load_a_file_once(net_spec: ModelSpec, net_file: Path) -> None:
    pool = SessionPool()
    with ThreadPoolExecutor(8) as threads:
        sessions = list(threads.map(lambda _: pool.acquire(net_spec, net_file, ONE), range(32)))
    assert len({id(session.runtime) for session in sessions}) == 1
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda session: session.close(), sessions))
    assert len(pool) == 0


def test_failed_load_leaves_nothing_and_can_be_repeated(net_spec: ModelSpec, net_file: Path) -> None:
    pool = SessionPool()
    content = net_file.read_bytes()
    net_file.write_bytes(content[:-1])
    with pytest.raises(ModelError, match=r"model fraud@7\.0\.0 expects sha256"):
        pool.acquire(net_spec, net_file, ONE)
    net_file.unlink()
    with pytest.raises(ModelError, match=r"model fraud@7\.0\.0 should be in .*, which is not a file"):
        pool.acquire(net_spec, net_file, ONE)
    assert len(pool) == 0
    net_file.write_bytes(content)
    assert pool.acquire(net_spec, net_file, ONE).runtime.inputs == net_spec.inputs


def test_runtime_gets_the_bytes_that_were_checked(
    net_spec: ModelSpec, net_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A neighbour replaces the file between its check and its load; what is loaded is what was checked."""
    digest = hashlib.sha256

    def then_replace(content: bytes = b"") -> Any:
        found = digest(content)
        net_file.write_bytes(b"of somebody else")
        return found

    monkeypatch.setattr(hashlib, "sha256", then_replace)
    assert SessionPool().acquire(net_spec, net_file, ONE).runtime.inputs == net_spec.inputs
