from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from models.training.exported import read_export

KEYS = {"gress.feature_set": "shop", "gress.feature_set_hash": "12ab", "gress.feature_columns": json.dumps(["b", "a"])}


def _write(path: Path, metadata: dict[str, str]) -> Path:
    table = pa.table({"id": [3, 1, 2], "time": [20, 20, 10], "a": [0.5, 1.5, 2.5], "b": [1, 2, 3], "truth": [1, 0, 1]})
    parquet.write_table(table.replace_schema_metadata(metadata), path)
    return path


def test_features_are_in_the_order_of_the_set_and_all_columns_are_beside_them(tmp_path: Path) -> None:
    data = read_export(_write(tmp_path / "features.parquet", KEYS))
    assert (data.columns, data.feature_set, data.feature_set_hash) == (("b", "a"), "shop", "12ab")
    assert data.features.tolist() == [[1, 0.5], [2, 1.5], [3, 2.5]]
    assert data.table["truth"].to_pylist() == [1, 0, 1]


def test_rows_are_put_in_the_order_of_the_fields_that_are_named(tmp_path: Path) -> None:
    data = read_export(_write(tmp_path / "features.parquet", KEYS), order=("time", "id"))
    assert data.table["id"].to_pylist() == [2, 1, 3]
    assert data.features[:, 0].tolist() == [3, 2, 1]


def test_file_that_does_not_name_its_features_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "features.parquet", {"gress.feature_columns": "[]"})
    with pytest.raises(ValueError, match=r"features\.parquet: expected schema metadata gress\.feature_set; write it"):
        read_export(path)
