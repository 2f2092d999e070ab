from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from models.errors import ModelError
from models.spec import ModelSpec, TensorSpec, parse_spec, read_spec, spec_text
from tests.support.sample_models import MakeSpec


@pytest.fixture
def full_spec(make_spec: MakeSpec) -> ModelSpec:
    return make_spec(
        task="binary",
        classes=[0, 1],
        feature_set="card-fraud",
        feature_set_hash="ab12",
        feature_columns=["é", "b"],
        threshold=0.7,
        tags=["shipped"],
        metrics={"auc_roc": 0.88, "average_precision": 0.7},
        created_at=datetime(2018, 8, 1, tzinfo=timezone.utc),
    )


def test_spec_reads_back_as_written(full_spec: ModelSpec, tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text(spec_text(full_spec), "utf-8")
    assert read_spec(tmp_path / "model.json") == full_spec
    assert [path.name for path in tmp_path.iterdir()] == ["model.json"]


def test_equal_specs_give_equal_sorted_bytes(full_spec: ModelSpec, tmp_path: Path) -> None:
    shuffled = full_spec.model_copy(update={"metrics": {"average_precision": 0.7, "auc_roc": 0.88}})
    (tmp_path / "a.json").write_text(spec_text(full_spec), "utf-8")
    (tmp_path / "b.json").write_text(spec_text(shuffled), "utf-8")
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert text == (tmp_path / "b.json").read_text(encoding="utf-8")
    assert list(json.loads(text)) == sorted(json.loads(text))
    assert "é" in text


def test_version_is_kept_in_full_and_classes_as_text(full_spec: ModelSpec) -> None:
    assert (full_spec.version, full_spec.ref, full_spec.classes) == ("7.0.0", "model fraud@7.0.0", ("0", "1"))


def test_spec_is_frozen(full_spec: ModelSpec) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        full_spec.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("name", "../x", r"key name: .*model name '\.\./x' is not allowed; use letters"),
        ("file", "a/b.onnx", r"key file: .*'a/b\.onnx' is not allowed"),
        ("version", "latest", r"key version: .*'latest' is not a semantic version"),
        ("type", "pickle", r"key type: Input should be 'onnx', 'tflite' or 'tensorflow', got 'pickle'"),
        ("sha256", "abc", r"key sha256: String should match pattern"),
        ("inputs", [], r"key inputs: .* at least 1 item"),
        ("classes", ["a"], r"key classes: .* at least 2 items"),
        ("metrics", {"auc": "x"}, r"key metrics\.auc: Input should be a valid number"),
        ("created_at", "2018-08-01T00:00:00", r"key created_at: .*timezone"),
        ("format_version", 2, r"key format_version: Input should be 1, got 2"),
        ("colour", "red", r"key colour: Extra inputs are not permitted, got 'red'"),
    ],
)
def test_wrong_key_is_named(full_spec: ModelSpec, tmp_path: Path, field: str, value: Any, text: str) -> None:
    path = tmp_path / "model.json"
    path.write_text(json.dumps(full_spec.model_dump(mode="json") | {field: value}), encoding="utf-8")
    with pytest.raises(ModelError, match=rf"model spec {path} {text}"):
        read_spec(path)


def test_unreadable_spec_says_why(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    with pytest.raises(ModelError, match=r"model spec .* cannot be read: No such file"):
        read_spec(path)
    for content in (b"", b'{"name": ', b"\xff\xfe{"):
        path.write_bytes(content)
        with pytest.raises(ModelError, match=r"model spec .* is not JSON: .*; publish the model again"):
            read_spec(path)


@pytest.mark.parametrize(
    ("shape", "text"),
    [((), "(any shape)"), ((None,), "(n,)"), ((None, 20), "(n, 20)"), ((8, None, 3), "(8, ?, 3)")],
)
def test_shape_reads_as_in_error_texts(shape: tuple[int | None, ...], text: str) -> None:
    assert str(TensorSpec(name="x", dtype="float32", shape=shape)) == f"'x' float32 {text}"


def test_json_of_brackets_is_one_line() -> None:
    with pytest.raises(ModelError, match=r"^model spec m\.json is not JSON: .*; publish the model again$"):
        parse_spec(b"[" * 100_000 + b"]" * 100_000, "m.json")


@pytest.mark.parametrize(
    "given",
    [{"x\x1b[31m\n" * 1_000: 1}, {"inputs": "a\n" * 10_000}, {"tags": [[0] * 10_000]}, {"sha256": "\u202e\x1b"}],
    ids=["key", "text", "list", "control characters"],
)
def test_refusal_of_hostile_values_is_one_short_line(given: dict[str, Any], full_spec: ModelSpec) -> None:
    content = json.dumps({**json.loads(spec_text(full_spec)), **given})
    with pytest.raises(ModelError, match=r"^model spec m\.json key ") as caught:
        parse_spec(content.encode(), "m.json")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("levels", [50, 51, 300, 900])
def test_spec_that_can_be_read_can_be_written(levels: int, full_spec: ModelSpec) -> None:
    baseline = json.dumps({"a": 0}).replace("0", "[" * (levels - 2) + "]" * (levels - 2))
    content = spec_text(full_spec).replace('"baseline": null', f'"baseline": {baseline}').encode()
    if levels > 50:
        with pytest.raises(ModelError, match=r"^model spec m\.json has more than 50 levels; publish the model again$"):
            parse_spec(content, "m.json")
    else:
        assert parse_spec(spec_text(parse_spec(content, "m.json")).encode(), "m.json").baseline is not None


def test_value_of_a_stranger_fits_the_line_of_its_error() -> None:
    with pytest.raises(ModelError, match="key name") as caught:
        parse_spec(json.dumps({"name": ["\x1b[2J\n" + "9" * 100_000]}).encode(), "model.json")
    text = str(caught.value)
    assert text.isprintable()
    assert len(text) < 1_000


@pytest.mark.parametrize("half", [b"\\ud800", b"\xed\xa0\x80"], ids=["escaped", "as bytes"])
def test_half_a_character_cannot_be_read(full_spec: ModelSpec, half: bytes) -> None:
    content = spec_text(full_spec).encode().replace(b"shipped", half)
    with pytest.raises(ModelError, match=r"is not JSON: .*surrogates not allowed"):
        parse_spec(content, "model.json")
