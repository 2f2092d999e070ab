from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.learning.packed import pack, unpack


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_sections_come_back(sections: list[bytes]) -> None:
    assert unpack("part", 3, pack(3, *sections)) == sections


@given(st.integers(1, 30))
def test_bytes_cut_off_are_refused(kept: int) -> None:
    data = pack(1, b"abc", b"0123456789012345678")
    with pytest.raises(ValueError, match=f"part: expected whole state, got {kept} bytes of another length; they are"):
        unpack("part", 1, data[:kept])


@pytest.mark.parametrize(("data", "found"), [(pack(2, b"a"), "version 2"), (b"", "no bytes")], ids=["other", "none"])
def test_other_format_version_is_refused(data: bytes, found: str) -> None:
    with pytest.raises(ValueError, match=f"part: expected state of format version 1, got {found}; start without it"):
        unpack("part", 1, data)
