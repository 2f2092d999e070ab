from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from state.learning.adapters.sealed_pickle import checked_key, seal, unseal
from state.learning.packed import pack

KEY, OTHER = bytes(range(32)), bytes(32)
LOADED: list[int] = []


class Trap:
    """A value whose pickle runs code when it is loaded."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[int]]:
        return LOADED.append, (1,)


def test_what_was_sealed_comes_back() -> None:
    assert unseal(KEY, "settings", seal(KEY, "settings", {"weights": [1.5]})) == {"weights": [1.5]}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            seal(OTHER, "settings", Trap()),
            "seal: expected state that this job has sealed, got other bytes; they are not",
        ),
        (pack(1, pack(1, b"settings", pickle.dumps(Trap())), b""), "got other bytes; they are not loaded"),
        (seal(KEY, "other settings", Trap()), "seal: expected state of settings, got state of other settings; start"),
        (pickle.dumps(Trap()), "seal: expected state of format version 1, got version 128"),
        (pack(1, b"x"), "seal: expected sealed state, got 1 sections; it was written by something else"),
        (b"", "seal: expected state of format version 1, got no bytes"),
    ],
    ids=["other key", "no seal", "other settings", "bare pickle", "other state", "nothing"],
)
def test_bytes_from_elsewhere_are_never_loaded(data: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        unseal(KEY, "settings", data)
    assert LOADED == []


def test_a_changed_byte_breaks_the_seal() -> None:
    data = seal(KEY, "settings", Trap())
    for place in range(len(data)):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        with pytest.raises(ValueError, match="seal: expected"):
            unseal(KEY, "settings", changed)
    assert LOADED == []


def test_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match=r"seal: expected a key of 16 bytes or more, got 8; make one with secrets"):
        checked_key(os.urandom(8))
