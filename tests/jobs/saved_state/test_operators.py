"""Which engine left the windows of a savepoint."""

from __future__ import annotations

import pickle
from pathlib import PurePosixPath

import pytest

from jobs.saved_state.operators import SavedOperator, windows_engine
from jobs.saved_state.windows import unpickled, windows_key


def operator(uid: str, **more: object) -> SavedOperator:
    return SavedOperator(uid, "some operator", 2, 128, 100, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("uids", "engine"),
    [
        (["files", "12_python-calc"], None),
        (["files", "windows-labels", "windows-CARD"], "sliding"),
        (["files", "7_over-aggregate", "9_over-aggregate"], "sql"),
    ],
)
def test_engine_is_known_by_the_uids(uids: list[str], engine: str | None) -> None:
    assert windows_engine(uids) == engine


def test_stage_is_an_operator_of_windows_with_shards() -> None:
    assert windows_key(operator("windows-CARD", groups={0: 10})) == "CARD"
    assert windows_key(operator("windows-labels")) is None
    assert windows_key(operator("files", groups={0: 10})) is None


def test_saved_value_that_is_no_bytes_is_refused_before_any_code_runs() -> None:
    assert unpickled(pickle.dumps(b"abc")) == b"abc"
    with pytest.raises(pickle.UnpicklingError, match="expected bytes, got int"):
        unpickled(pickle.dumps(7))
    with pytest.raises(pickle.UnpicklingError, match=r"expected bytes, got pathlib.*PurePosixPath"):
        unpickled(pickle.dumps(PurePosixPath("/")))
