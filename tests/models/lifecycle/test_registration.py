"""A model file on its way into a registry, and every reason to refuse it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from models.checksum import file_sha256
from models.errors import ModelError
from models.lifecycle import register, show
from models.registry import Registry, local_registry
from tests.models.lifecycle.golden_rows import ROWS, WriteGolden
from tests.support.sample_models import onnx_two_ports
from tests.support.tiny_models import linear


def is_untouched(registry: Registry) -> bool:
    return not registry.base.exists()


def test_a_bare_file_becomes_a_version(registry: Registry, file: Path) -> None:
    spec = register(registry, file, "m", "v1", tags=("eu",), description="linear", threshold=0.5, task=None)
    assert (spec.ref, spec.file, spec.sha256) == ("model m@1.0.0", "model.onnx", file_sha256(file))
    assert (spec.tags, spec.description, spec.threshold, spec.task) == (("eu",), "linear", 0.5, "unknown")
    assert spec.created_at is not None
    assert str(spec.created_at.tzinfo) == "UTC"
    assert registry.resolve("m") == (spec, registry.base / "m" / "1.0.0" / "model.onnx")
    assert show(registry, "m").state == "registered"


def test_the_artifact_has_one_name_whatever_the_file_is_called(registry: Registry, file: Path) -> None:
    odd = shutil.copy(file, file.with_name("my model (2).ONNX"))
    assert register(registry, Path(odd), "m", "1").file == "model.onnx"


def test_golden_predictions_are_compared_and_kept(registry: Registry, file: Path, write_golden: WriteGolden) -> None:
    spec = register(registry, file, "m", "1", golden=write_golden(prediction=linear(ROWS)))
    assert spec.feature_columns == ("a", "b", "c")
    assert spec.golden is not None
    assert spec.golden.rows == tuple(map(tuple, ROWS))  # 0.1, not the double of its float32
    assert spec.golden.predictions == tuple(linear(ROWS))
    assert registry.spec("m").golden == spec.golden


def test_without_predictions_the_models_own_are_taken(
    registry: Registry, file: Path, write_golden: WriteGolden
) -> None:
    golden = register(registry, file, "m", "1", golden=write_golden()).golden
    assert golden is not None
    assert golden.predictions == pytest.approx(linear(ROWS), abs=1e-6)


def test_columns_of_another_order_are_sorted_into_that_of_the_spec(
    registry: Registry, file: Path, write_golden: WriteGolden
) -> None:
    golden = write_golden({"c": ROWS[:, 2], "a": ROWS[:, 0], "b": ROWS[:, 1]}, prediction=linear(ROWS))
    spec = register(registry, file, "m", "1", golden=golden, feature_columns=("a", "b", "c"))
    assert spec.feature_columns == ("a", "b", "c")
    own = register(registry, file, "m", "2", golden=write_golden({"c": ROWS[:, 2], "a": ROWS[:, 0], "b": ROWS[:, 1]}))
    assert own.feature_columns == ("c", "a", "b")


def test_own_predictions_are_taken_in_the_order_of_the_spec(
    registry: Registry, file: Path, write_golden: WriteGolden
) -> None:
    golden = write_golden({"c": ROWS[:, 2], "a": ROWS[:, 0], "b": ROWS[:, 1]})
    kept = register(registry, file, "m", "1", golden=golden, feature_columns=("a", "b", "c")).golden
    assert kept is not None
    assert kept.predictions == pytest.approx(linear(ROWS), abs=1e-6)


def test_a_file_with_an_input_for_each_column_names_them(
    registry: Registry, tmp_path: Path, write_golden: WriteGolden
) -> None:
    golden = write_golden({"count": [1, 2], "amount": [0.5, 8.0]})
    spec = register(registry, onnx_two_ports(tmp_path), "m", "1", golden=golden, task="multiclass")
    assert spec.feature_columns == ("amount", "count")


def test_wrong_golden_predictions_are_refused(registry: Registry, file: Path, write_golden: WriteGolden) -> None:
    wrong = linear(ROWS)
    wrong[1] += 0.25
    with pytest.raises(
        ModelError,
        match=r"^model m@1\.0\.0 expected 0\.\d+ for golden row 1, got 0\.\d+; the golden rows are those of ",
    ):
        register(registry, file, "m", "1", golden=write_golden(prediction=wrong))
    assert is_untouched(registry)


FEW = {"a": [1.0], "b": [2.0], "c": [3.0]}
GOLDEN = [
    ({"a": [1.0], "b": [2.0]}, r"has 2 columns \(a, b\), expected 3 for input 'x' float32 \(n, 3\); its columns are"),
    (FEW | {"c": ["x"]}, r"has string in column 'c', expected numbers; leave out what is no feature"),
    (FEW | {"c": [float("inf")]}, r"has column 'c' in row 0 that is infinite in float32; expected a finite number"),
    (FEW | {"c": [1e300]}, r"has column 'c' in row 0 that is infinite in float32"),
    (FEW | {"prediction": [None]}, r"has column 'prediction' in row 0 that is null, NaN or infinite"),
    ({"prediction": [0.5]}, r"has no feature column; write a column for each feature"),
    ({key: [] for key in "abc"}, r"has 0 rows, expected 1 to 1,000; give a sample"),
    ({key: [0.0] * 1001 for key in "abc"}, r"has 1,001 rows, expected 1 to 1,000; give a sample"),
]


@pytest.mark.parametrize(("columns", "text"), GOLDEN, ids=[text[:30] for _, text in GOLDEN])
def test_golden_files_that_do_not_fit_are_refused(
    columns: dict[str, Any], text: str, registry: Registry, file: Path, write_golden: WriteGolden
) -> None:
    with pytest.raises(ModelError, match=rf"^golden file .*rows\.parquet {text}"):
        register(registry, file, "m", "1", golden=write_golden(columns))
    assert is_untouched(registry)


def test_golden_files_that_cannot_be_read_are_refused(registry: Registry, file: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"golden file .*gone cannot be read: .*; check the path"):
        register(registry, file, "m", "1", golden=tmp_path / "gone")
    with pytest.raises(ModelError, match=r"golden file .*model\.onnx is not a Parquet file; write it with"):
        register(registry, file, "m", "1", golden=file)


def test_golden_columns_are_named_once(registry: Registry, file: Path, tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    path = tmp_path / "twice.parquet"
    parquet.write_table(pa.Table.from_arrays([pa.array([1.0])] * 3, names=["a", "b", "a"]), path)
    with pytest.raises(ModelError, match=r"twice\.parquet has column 'a' twice; name each column once"):
        register(registry, file, "m", "1", golden=path)


def test_golden_columns_are_those_of_the_spec(registry: Registry, file: Path, write_golden: WriteGolden) -> None:
    with pytest.raises(
        ModelError, match=r"expected the 3 columns of model m@1\.0\.0, got missing z, extra c; its columns are the feat"
    ):
        register(registry, file, "m", "1", golden=write_golden(), feature_columns=("a", "b", "z"))


def test_rows_a_model_cannot_score_are_no_golden_rows(
    registry: Registry, file: Path, write_golden: WriteGolden
) -> None:
    golden = write_golden({"a": [1.0, None], "b": [1.0, 1.0], "c": [0, 1]})
    with pytest.raises(ModelError, match=r"model m@1\.0\.0 gives nan for row 1 of .*; give rows that it can score"):
        register(registry, file, "m", "1", golden=golden)


def beside(path: Path, **fields: Any) -> None:
    path.with_name("model.json").write_text(json.dumps(fields))


def test_fields_of_the_model_json_beside_a_file_are_taken(registry: Registry, file: Path) -> None:
    made = "2024-01-01T00:00:00Z"
    beside(file, name="m", version="1", file=file.name, description="d", threshold=0.1, tags=["x"], created_at=made)
    spec = register(registry, file, threshold=0.9)
    assert (spec.ref, spec.description, spec.threshold, spec.tags) == ("model m@1.0.0", "d", 0.9, ("x",))
    assert spec.model_dump(mode="json")["created_at"] == made


def test_a_whole_model_json_can_be_registered_again_elsewhere(registry: Registry, file: Path, tmp_path: Path) -> None:
    spec = register(registry, file, "m", "1")
    other = local_registry(tmp_path / "other")
    assert register(other, registry.resolve("m")[1]) == spec


def test_a_model_json_for_another_file_does_not_count(registry: Registry, file: Path) -> None:
    beside(file, file="other.onnx", name="n", version="9", description="other")
    assert register(registry, file, "m", "1").description == ""


BESIDE = [
    (
        {"name": "n"},
        ("m", "1"),
        r"model file .* has name 'n' in the model\.json beside it, got 'm'; correct one of them",
    ),
    ({"version": "2"}, ("m", "1"), r"has version '2' in the model\.json beside it, got '1'; correct one of them"),
    ({}, ("", "1"), r"model file .* has no name; give one, or put it into a model\.json beside the file"),
    ({}, ("m", ""), r"has no version; give one, or put it into a model\.json beside the file"),
    ({}, ("m", "newest"), r"model version 'newest' is not a semantic version; expected MAJOR"),
    ({}, ("a/b", "1"), r"model name 'a/b' is not allowed; use letters"),
    ({"sha256": "0" * 64}, ("m", "1"), r"model m@1\.0\.0 expects sha256 0000"),
    ({"tusk": 1}, ("m", "1"), r"model m@1\.0\.0 field tusk: Extra inputs are not permitted"),
    ({"task": "x"}, ("m", "1"), r"model m@1\.0\.0 field task: Input should be 'binary'.*, got 'x'"),
    (
        {"inputs": [{"name": "y", "dtype": "float32", "shape": [None, 3]}]},
        ("m", "1"),
        r"has inputs 'y' float32 \(n, 3\) in model\.json, 'x' float32 \(n, 3\) in its file",
    ),
]


@pytest.mark.parametrize(("fields", "given", "text"), BESIDE, ids=[text[-30:] for *_, text in BESIDE])
def test_what_contradicts_a_file_is_refused(
    fields: dict[str, Any], given: tuple[str, str], text: str, registry: Registry, file: Path
) -> None:
    beside(file, **fields)
    with pytest.raises(ModelError, match=text):
        register(registry, file, *given)
    assert is_untouched(registry)


@pytest.mark.parametrize(
    ("content", "text"),
    [("{", "cannot be read: .*; correct it"), ("[]", "is not a JSON object; correct it, or move it")],
)
def test_a_broken_model_json_is_refused(content: str, text: str, registry: Registry, file: Path) -> None:
    file.with_name("model.json").write_text(content)
    with pytest.raises(ModelError, match=rf"model spec .*model\.json {text}"):
        register(registry, file, "m", "1")


def test_versions_are_registered_once(registry: Registry, file: Path) -> None:
    register(registry, file, "m", "1")
    with pytest.raises(ModelError, match=r"model m@1\.0\.0 is already in .*; versions never change"):
        register(registry, file, "m", "v1.0")


def test_what_is_no_model_is_refused(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("x")
    with pytest.raises(ModelError, match=r"x\.csv has type 'None'; expected"):
        register(registry, tmp_path / "x.csv", "m", "1")


def test_paths_may_be_texts(registry: Registry, file: Path, write_golden: WriteGolden) -> None:
    spec = register(registry, str(file), "m", "1", golden=str(write_golden(prediction=linear(ROWS))))
    assert spec.golden is not None
    assert registry.spec("m") == spec


def test_a_place_is_no_open_registry_and_a_file_no_function(registry: Registry, file: Path) -> None:
    with pytest.raises(ModelError, match=r"expected one of gress\.open_registry, got 'models'; open it: "):
        register("models", file, "m", "1")  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=r"expected a function, got 'rows\.parquet'; make one: gress\.baseline_of"):
        register(registry, file, "m", "1", baseline="rows.parquet")  # type: ignore[arg-type]
    assert is_untouched(registry)
