"""Columns and hash of the training features, from the file of `gress features export` into the spec."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.errors import ModelError
from models.lifecycle import register
from models.registry import Registry
from tests.support.feature_files import exported


def test_columns_and_hash_reach_the_spec(registry: Registry, file: Path, tmp_path: Path) -> None:
    spec = register(registry, file, "m", "1", features=exported(tmp_path / "f.parquet", "c", "a", "b"))
    assert spec.feature_columns == ("c", "a", "b")
    assert (spec.feature_set, spec.feature_set_hash) == ("cards", "ab12")


def test_columns_of_the_model_json_choose_among_the_files(registry: Registry, file: Path, tmp_path: Path) -> None:
    file.with_name("model.json").write_text('{"feature_columns": ["b", "a", "d"]}')
    spec = register(registry, file, "m", "1", features=exported(tmp_path / "f.parquet", *"abcd"))
    assert (spec.feature_columns, spec.feature_set_hash) == (("b", "a", "d"), "ab12")


def test_a_file_that_does_not_say_gives_its_numbers_and_no_hash(registry: Registry, file: Path, tmp_path: Path) -> None:
    rows = exported(tmp_path / "f.parquet", "b", "c", digest=None, extra="a")
    spec = register(registry, file, "m", "1", features=rows)
    assert (spec.feature_columns, spec.feature_set_hash) == (("a", "b", "c"), None)


@pytest.mark.parametrize(
    ("columns", "known", "text"),
    [
        ("abcd", {}, r"has 4 features \(a, b, c, d\), model m@1\.0\.0 takes 'x' float32 \(n, 3\); export the features"),
        ("abc", {"feature_columns": ["a", "b", "z"]}, r"has no feature z, which model\.json names; export"),
        ("abc", {"feature_set_hash": "cd34"}, r"has feature set hash ab12, model\.json says cd34; export"),
    ],
    ids=["width", "columns", "hash"],
)
def test_features_of_another_model_are_refused(
    columns: str, known: dict[str, object], text: str, registry: Registry, file: Path, tmp_path: Path
) -> None:
    file.with_name("model.json").write_text(json.dumps(known))
    with pytest.raises(ModelError, match=rf"features file .*f\.parquet {text}"):
        register(registry, file, "m", "1", features=exported(tmp_path / "f.parquet", *columns))
    assert not registry.base.exists()


def test_what_is_no_parquet_file_is_refused(registry: Registry, file: Path, tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("a,b,c\n")
    with pytest.raises(ModelError, match=r"features file .*f\.csv is not a Parquet file; write it with"):
        register(registry, file, "m", "1", features=tmp_path / "f.csv")
    with pytest.raises(ModelError, match=r"features file .*g\.parquet is not a file; check the path"):
        register(registry, file, "m", "1", features=tmp_path / "g.parquet")
