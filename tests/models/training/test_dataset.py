from __future__ import annotations

import json

import numpy as np
import pytest

from models.training.dataset import read_dataset

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

COLUMNS = ["TX_AMOUNT", "RISK"]
METADATA = {
    b"gress.feature_set": b"card-fraud",
    b"gress.feature_set_hash": b"abc",
    b"gress.feature_columns": json.dumps(COLUMNS).encode(),
}


def export(path, metadata=METADATA, **changes):
    columns = {
        "TRANSACTION_ID": [3, 1, 2],
        "TX_DATETIME": pa.array([2_000, 1_000, 1_000], pa.timestamp("ms")),
        "CUSTOMER_ID": [30, 10, 20],
        "TX_AMOUNT": [3.5, 1.5, 2.5],
        "TX_FRAUD": [1, 0, 0],
        "RISK": [0.3, 0.1, None],
        **changes,
    }
    table = pa.table({name: column for name, column in columns.items() if column is not None})
    parquet.write_table(table.replace_schema_metadata(metadata), path)
    return path


def test_rows_come_in_order_of_time_and_id(tmp_path):
    data = read_dataset(export(tmp_path / "f.parquet"))
    assert data.customer.tolist() == [10, 20, 30]
    assert data.time_ms.tolist() == [1_000, 1_000, 2_000]
    assert data.label.tolist() == [0, 0, 1]
    assert (data.columns, data.feature_set, data.feature_set_hash) == (tuple(COLUMNS), "card-fraud", "abc")


def test_features_are_float32_with_nan_for_null(tmp_path):
    features = read_dataset(export(tmp_path / "f.parquet")).features
    assert features.dtype == np.float32
    np.testing.assert_array_equal(features, np.array([[1.5, 0.1], [2.5, np.nan], [3.5, 0.3]], np.float32))


def test_file_that_names_no_feature_set_is_refused(tmp_path):
    path = export(tmp_path / "f.parquet", metadata={})
    with pytest.raises(
        ValueError, match=r"schema metadata gress\.feature_columns; write it with `gress features export`"
    ):
        read_dataset(path)


def test_missing_column_is_refused(tmp_path):
    path = export(tmp_path / "f.parquet", RISK=None)
    with pytest.raises(ValueError, match="expected columns RISK; export them with the features"):
        read_dataset(path)


def test_rows_without_label_are_refused(tmp_path):
    path = export(tmp_path / "f.parquet", TX_FRAUD=[1, None, None])
    with pytest.raises(ValueError, match="expected a label in each row, got 2 rows without TX_FRAUD"):
        read_dataset(path)
