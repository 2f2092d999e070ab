from __future__ import annotations

from pathlib import Path

import pytest

from models.checksum import file_sha256, verify_checksum
from models.errors import ModelError
from tests.support.sample_models import MakeSpec

# FIPS 180-2, appendix B.1 and B.3.
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
MILLION_A = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"


def test_checksum_is_that_of_the_standard(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"abc")
    assert file_sha256(path) == ABC
    path.write_bytes(b"a" * 1_000_000)
    assert file_sha256(path) == MILLION_A


def test_changed_file_shows_both_checksums(make_spec: MakeSpec, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"abc")
    verify_checksum(make_spec(sha256=ABC), path)
    with pytest.raises(
        ModelError,
        match=rf"model fraud@7\.0\.0 expects sha256 0{{64}}, but {path} has {ABC}; the file was changed",
    ):
        verify_checksum(make_spec(), path)


def test_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model file .*/none cannot be read: No such file"):
        file_sha256(tmp_path / "none")
