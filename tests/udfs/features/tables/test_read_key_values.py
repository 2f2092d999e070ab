from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from udfs.features.tables.read_key_values import TableColumns, read_key_values

TEXTS = TableColumns("k", "string", "v")
WHOLE = TableColumns("k", "long", "v")


@pytest.mark.parametrize(
    "numbers",
    [[1, 2], [1.0, 2.0], [Decimal("1.00"), Decimal("2.00")], np.array([1, 2], np.float32), np.array([1, 2], np.int8)],
    ids=["int64", "float64", "decimal", "float32", "int8"],
)
@pytest.mark.parametrize("keys", [["a", "b"], pd.Categorical(["a", "b"])], ids=["string", "dictionary"])
def test_numbers_of_any_type_are_read(tmp_path, keys, numbers) -> None:
    pd.DataFrame({"k": keys, "v": numbers}).to_parquet(tmp_path / "t.parquet")
    table = read_key_values(tmp_path / "t.parquet", TEXTS)
    assert table.look_up(np.array(["b", "a"], dtype=object)).tolist() == [2.0, 1.0]


def test_booleans_are_one_and_zero(tmp_path) -> None:
    pd.DataFrame({"k": [1, 2], "v": [True, False]}).to_parquet(tmp_path / "t.parquet")
    assert read_key_values(tmp_path / "t.parquet", WHOLE).look_up(np.array([2, 1])).tolist() == [0.0, 1.0]


def test_text_keys_of_a_csv_file_stay_as_written(tmp_path) -> None:
    (tmp_path / "t.csv").write_text("k,other,v\n007,x,1\n7,y,\n")
    table = read_key_values(tmp_path / "t.csv", TEXTS)
    found = table.look_up(np.array(["007", "7"], dtype=object))
    np.testing.assert_array_equal(found, [1.0, np.nan])


@pytest.mark.parametrize(
    ("text", "wanted", "expected"),
    [
        ("k,v\na,1\nb,2\na,3\n", TEXTS, "distinct keys in column 'k', not 'a' in line 2 and line 4"),
        ("k,v\n1,1\n,2\n", WHOLE, "a key in each row of column 'k', not null in line 3"),
        ("k,v\n1,1\nx,2\n", WHOLE, "Row #3.*int64.*'x'"),
        ("k,v\na,1\nb,high\n", TEXTS, "Row #3.*double.*'high'"),
        ("k,v\na,1\nb,inf\n", TEXTS, "finite numbers in column 'v', not inf in line 3"),
        ("k,vv\na,1\n", TEXTS, "a column 'v', nearest valid name 'vv'"),
        ("k,v,v\na,1,2\n", TEXTS, "one column 'v', not 2"),
        ("k,v\n", TEXTS, "at least one row"),
        ("", TEXTS, "Empty CSV file"),
    ],
    ids=["twice", "null", "key type", "text", "infinite", "no column", "column twice", "no row", "empty"],
)
def test_wrong_csv_files_are_refused(tmp_path, text, wanted, expected) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(ValueError, match=expected):
        read_key_values(tmp_path / "t.csv", wanted)


@pytest.mark.parametrize(
    ("frame", "wanted", "expected"),
    [
        ({"k": [1], "v": [1.0]}, TEXTS, "column 'k' of type string, as the event field, not int64"),
        ({"k": ["a"], "v": [1.0]}, WHOLE, "column 'k' of type long, as the event field, not (large_)?string"),
        ({"k": ["a"], "v": ["b"]}, TEXTS, "numbers in column 'v', not (large_)?string"),
        ({"k": ["a", "a"], "v": [1, 2]}, TEXTS, "distinct keys in column 'k', not 'a' in row 1 and row 2"),
        ({"key": ["a"], "v": [1]}, TEXTS, "a column 'k'"),
    ],
    ids=["whole for text", "text for whole", "text number", "twice", "no column"],
)
def test_wrong_parquet_files_are_refused(tmp_path, frame, wanted, expected) -> None:
    pd.DataFrame(frame).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(ValueError, match=expected):
        read_key_values(tmp_path / "t.parquet", wanted)


def test_half_a_parquet_file_and_another_ending_are_refused(tmp_path) -> None:
    pd.DataFrame({"k": ["a"], "v": [1.0]}).to_parquet(tmp_path / "t.parquet")
    whole = (tmp_path / "t.parquet").read_bytes()
    (tmp_path / "t.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="Parquet magic bytes not found"):
        read_key_values(tmp_path / "t.parquet", TEXTS)
    with pytest.raises(ValueError, match=r"a file ending in .parquet or .csv"):
        read_key_values(tmp_path / "t.json", TEXTS)
