from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

TABLE = {"FR": [1.0, 2.0], "DE": [3.0, 4.5]}
COUNTRIES = np.array(["DE", None, "FR", "XX"], dtype=object)


@pytest.fixture
def stored(tmp_path):
    keys, vectors = list(TABLE), np.array(list(TABLE.values()))
    np.savez(tmp_path / "table.npz", keys=np.array(keys), vectors=vectors)
    pd.DataFrame({"key": keys, "vector": vectors.tolist()}).to_parquet(tmp_path / "lists.parquet")
    pd.DataFrame({"key": keys, "a": vectors[:, 0], "b": vectors[:, 1]}).to_parquet(tmp_path / "wide.parquet")
    return tmp_path


def test_vectors_equal_a_pandas_reindex_and_default_elsewhere(build, compute) -> None:
    golden = pd.DataFrame(TABLE).T.reindex(COUNTRIES).fillna(-1.0).to_numpy()
    result = compute("embedding", {"country": COUNTRIES}, "country", table=TABLE, default=-1)
    np.testing.assert_array_equal(result, golden)
    assert build("embedding", "country", table=TABLE).columns == ("x_0", "x_1")


@pytest.mark.parametrize("file", ["table.npz", "lists.parquet", "wide.parquet"])
def test_file_and_inline_table_are_the_same_feature(build, compute, stored, file) -> None:
    path = str(stored / file)
    assert build("embedding", "country", path=path) == build("embedding", "country", table=TABLE)
    result = compute("embedding", {"country": COUNTRIES}, "country", path=path)
    np.testing.assert_array_equal(result[[0, 2]], [TABLE["DE"], TABLE["FR"]])


def test_digest_ignores_the_order_of_keys_and_sees_every_number(build) -> None:
    same = build("embedding", "country", table=dict(reversed(TABLE.items())))
    other = build("embedding", "country", table={**TABLE, "FR": [1.0, 2.0000001]})
    assert build("embedding", "country", table=TABLE).digest == same.digest != other.digest


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({}, "either table or path, got 'neither'"),
        ({"table": TABLE, "path": "x.npz"}, "either table or path, got 'both'"),
        ({"table": {"FR": [1], "DE": [1, 2]}}, "embedding vectors: numbers of one width"),
        (
            {"table": {"FR": 1, "DE": 2}},
            r"embedding vectors: \(2, 1..65536\), got \(2,\); give each key a vector",
        ),
        ({"table": {"FR": [float("nan")]}}, "embedding vectors: finite numbers, got 'NaN or infinity'"),
        (
            {"path": "missing.npz"},
            r"path: a readable embedding table \(.*No such file.*\), got 'missing.npz'",
        ),
        ({"path": "table.csv"}, r"path: a readable embedding table \(a file ending in .npz or .parquet\)"),
    ],
)
def test_wrong_parameters_are_refused(build, parameters, text) -> None:
    with pytest.raises(ValueError, match=text):
        build("embedding", "country", **parameters)


def test_file_without_its_arrays_is_refused(build, tmp_path) -> None:
    np.savez(tmp_path / "t.npz", words=np.array(["a"]))
    with pytest.raises(ValueError, match=r"arrays 'keys' and 'vectors', not \['words'\]"):
        build("embedding", "country", path=str(tmp_path / "t.npz"))
    pd.DataFrame({"word": ["a"]}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(ValueError, match=r"columns 'key' and 'vector' \(or numbers\), not \['word'\]"):
        build("embedding", "country", path=str(tmp_path / "t.parquet"))
