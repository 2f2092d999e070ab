"""Tables of models a key: their values, files, versions and snapshots."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from models.errors import ModelError
from models.learned.inspection.feature_weights import feature_weights
from models.learned.inspection.read_onnx import read_onnx
from models.learned.linear import LearnedLinear, Link
from models.learned.onnx_graph import onnx_bytes
from models.learned.publish import publish_learned
from models.learned.shards.table import LearnedTable
from models.learned.snapshot import read_snapshot, snapshot_text
from models.registry import local_registry
from models.scoring.inputs import Inputs
from models.scoring.loaded import load_model
from tests.models.learned.samples import NOW, ROWS, learned, linear
from tests.models.learned.shards.tables import table

LINKS = get_args(Link)


def keys_of(model: LearnedTable, size: int) -> list[Any]:
    """Keys for some rows, some of which the table does not have."""
    return [["m|1é", "m|3é", "none", ""], [-10, 20, 999, -20]][not model.is_text][:size]


def fed(model: LearnedTable, keys: list[Any]) -> np.ndarray:
    return np.array(keys, object if model.is_text else np.int64)


def run(model: LearnedTable, rows: np.ndarray, keys: list[Any]) -> dict[str, Any]:
    session = ort.InferenceSession(onnx_bytes(model), providers=["CPUExecutionProvider"])
    names = [node.name for node in session.get_outputs()]
    feeds = {"X": np.asarray(rows, np.float32), model.key: fed(model, keys)}
    return dict(zip(names, session.run(names, feeds), strict=True))


def by_hand(model: LearnedTable, row: np.ndarray, key: Any) -> np.ndarray:
    """The values of a row: an independent sum over features, one after the other."""
    place = model.keys.index(str(key)) if str(key) in model.keys else None
    owner = model.other if place is None else model.shared[model.shards[place]]
    found = np.array(owner.bias)
    for j, x in enumerate(row):
        z = 0.0 if np.isnan(x) or owner.scale[j] == 0 else (float(x) - owner.mean[j]) / owner.scale[j]
        z = max(-8.0, min(8.0, z))
        for output in range(len(found)):
            own = 0.0 if place is None else float(model.deviations[place, output, j])
            found[output] += z * (owner.weights[j, output] + own)
    return found if place is None else found + model.deviations[place, :, -1]


@pytest.mark.parametrize("is_text", [False, True], ids=["long", "string"])
@pytest.mark.parametrize("link", LINKS)
def test_values_are_those_of_the_shard_and_the_deviation_of_the_key(link: Link, is_text: bool) -> None:
    model = table(link, is_text=is_text)
    keys = keys_of(model, len(ROWS))
    expected = [by_hand(model, row, key) for row, key in zip(ROWS, keys, strict=True)]
    np.testing.assert_allclose(model.values(ROWS, keys), expected, rtol=1e-12)
    assert (model.values(ROWS, keys)[2] == model.other.values(ROWS[2:3])[0]).all()


@pytest.mark.parametrize("is_text", [False, True], ids=["long", "string"])
@pytest.mark.parametrize("link", LINKS)
def test_file_gives_what_numpy_gives(link: Link, is_text: bool) -> None:
    model = table(link, is_text=is_text, size=200)
    rng = np.random.default_rng(3)
    rows = rng.normal([100, 40, 7], [80, 20, 4], size=(500, 3)).astype(np.float32)
    rows[rng.random(rows.shape) < 0.1] = np.nan
    keys = [*model.keys, "none" if is_text else "77"]
    chosen = [keys[place] if is_text else int(keys[place]) for place in rng.integers(0, len(keys), 500)]
    found = run(model, rows, chosen)
    (numbers,) = (value for name, value in found.items() if name != "label")
    np.testing.assert_allclose(numbers, model.other.answers(model.values(rows, chosen)), rtol=0, atol=1e-6)
    onnx.checker.check_model(onnx.load_model_from_string(onnx_bytes(model)), full_check=True)


@pytest.mark.parametrize("name", ["zero", "mean", "row", "x", "gress.key"])
def test_key_may_have_the_name_of_a_node(name: str) -> None:
    model = table(key=name)
    keys = keys_of(model, len(ROWS))
    found = run(model, ROWS, keys)["probabilities"][:, 1]
    np.testing.assert_allclose(found, model.predict(ROWS, keys), atol=1e-6)


@pytest.mark.parametrize("is_text", [False, True], ids=["long", "string"])
def test_table_without_a_key_answers_with_the_model_of_all_others(is_text: bool) -> None:
    model = table(is_text=is_text, size=0)
    keys = keys_of(model, len(ROWS))
    np.testing.assert_allclose(run(model, ROWS, keys)["probabilities"][:, 1], model.other.predict(ROWS), atol=1e-6)


def same(first: Any, second: Any) -> None:
    """Check that two models hold the same arrays."""
    assert type(first) is type(second)
    for name, value in vars(second).items():
        if name == "shared":
            for one, other in zip(first.shared, value, strict=True):
                same(one, other)
        elif isinstance(value, LearnedLinear):
            same(getattr(first, name), value)
        elif not name.startswith("_"):
            np.testing.assert_array_equal(getattr(first, name), value)


@pytest.mark.parametrize("is_text", [False, True], ids=["long", "string"])
@pytest.mark.parametrize("size", [0, 5])
def test_a_file_reads_back_as_its_table(is_text: bool, size: int, tmp_path: Path) -> None:
    model, path = table("softmax", is_text=is_text, size=size), tmp_path / "model.onnx"
    path.write_bytes(onnx_bytes(model))
    same(read_onnx(path), model)
    assert onnx_bytes(model) == onnx_bytes(table("softmax", is_text=is_text, size=size))


@pytest.mark.parametrize("is_text", [False, True], ids=["long", "string"])
@pytest.mark.parametrize("size", [0, 40])
def test_version_serves_fields_and_keys(is_text: bool, size: int, tmp_path: Path) -> None:
    registry, model = local_registry(tmp_path / "registry"), table(is_text=is_text, size=size)
    publish_learned(registry, "m", "1.0.1", learned(1, model=model), created_at=NOW)
    spec, path = registry.resolve("m", "1.0.1")
    assert tuple(spec.raw_inputs or ()) == ("merchant",)
    assert spec.golden is not None
    assert len(spec.golden.raw["merchant"]) == len(spec.golden.rows) == 17
    assert len(set(spec.golden.raw["merchant"])) == (17 if size else 1)
    loaded = load_model(spec, path)
    keys = keys_of(model, len(ROWS))
    found = loaded.predict(Inputs(ROWS, {"merchant": fed(model, keys)})).prediction
    np.testing.assert_allclose(found, model.predict(ROWS, keys), atol=1e-6)
    loaded.close()


def test_snapshot_holds_the_keys_that_deviate_most(tmp_path: Path) -> None:
    model = table(size=300)
    text = snapshot_text("fraud", "1.0.7", learned(7, model=model))
    found = read_snapshot(text.encode(), "here").model
    assert isinstance(found, LearnedTable)
    sizes = dict(zip(model.keys, np.abs(model.deviations).sum(axis=(1, 2)), strict=True))
    assert set(found.keys) == set(sorted(sizes, key=lambda key: -sizes[key])[:100])
    assert found.left_out == 200
    assert json.loads(text)["keys"] == 300
    same(read_snapshot(snapshot_text("fraud", "1.0.7", learned(7, model=found)).encode(), "here").model, found)
    same(found, model.top(100))


def test_weights_to_look_at_are_those_of_all_other_keys() -> None:
    model = table()
    assert feature_weights(model) == feature_weights(model.other)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"deviations": np.zeros((5, 1, 3), np.float32)}, r"deviations expected shape \(5, 1, 4\), got \(5, 1, 3\)"),
        ({"deviations": np.full((5, 1, 4), np.nan, np.float32)}, "deviations expected finite numbers, got .*'-20'"),
        ({"keys": ("1", "1", "2", "3", "4")}, "keys expected different keys, got one twice"),
        ({"shards": np.array([0, 1, 2, 0, 0])}, "shards expected 5 places of 2 models, got others"),
    ],
    ids=["shape", "finite", "twice", "shards"],
)
def test_wrong_arrays_are_refused(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(ModelError, match=text):
        table(**fields)


def test_table_is_half_as_large_as_in_doubles() -> None:
    sizes = [len(onnx_bytes(table(size=size))) for size in (1_000, 2_000)]
    # Four floats, the key and its place, and the place of its shard.
    assert sizes[1] - sizes[0] < 1_000 * (16 + 10 + 4)
    assert linear().predict(ROWS).shape == (4,)
