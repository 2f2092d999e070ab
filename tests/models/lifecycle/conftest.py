from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from models.lifecycle import register
from models.registry import Registry, local_registry
from tests.models.lifecycle.golden_rows import ROWS, WriteGolden
from tests.support.tiny_models import write_linear


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return local_registry(tmp_path / "models")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_linear(tmp_path / "trained")


@pytest.fixture
def write_golden(tmp_path: Path) -> WriteGolden:
    def write(columns: Mapping[str, Sequence[Any]] | None = None, **more: Sequence[Any]) -> Path:
        import pyarrow as pa
        from pyarrow import parquet

        path = tmp_path / "rows.parquet"
        parquet.write_table(pa.table({**(columns or dict(zip("abc", ROWS.T, strict=True))), **more}), path)
        return path

    return write


@pytest.fixture
def three(registry: Registry, file: Path) -> Registry:
    for version in ("1", "2", "3"):
        register(registry, file, "m", version)
    return registry
