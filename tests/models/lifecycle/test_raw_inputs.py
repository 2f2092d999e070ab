"""Models that read raw fields, on their way into a registry and out of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.errors import ModelError
from models.lifecycle import register, validate
from models.registry import Registry
from models.scoring.inputs import Inputs
from models.scoring.loaded import load_model
from models.scoring.sessions import SessionPool
from models.serving.fitness import Probe, check_fitness, golden_inputs
from models.spec import parse_spec, spec_text
from tests.models.lifecycle.golden_rows import WriteGolden
from tests.support.raw_models import (
    LARGEST,
    MERCHANTS,
    text_score,
    three_inputs_score,
    write_known_texts,
    write_text_alone,
    write_three_inputs,
)
from udfs.drift.training_rows import baseline_of

MATRIX = np.array([[1, 2], [3, 4], [-1, 0.5]], dtype=np.float32)
TEXTS = np.array(MERCHANTS[:3], dtype=object)
USERS = np.array([LARGEST, 12, LARGEST - 1])
ROWS = {"a": MATRIX[:, 0], "b": MATRIX[:, 1], "merchant": TEXTS, "user_id": USERS}
WANT = three_inputs_score(MATRIX, TEXTS, USERS)
ABOUT = {"gress.feature_set": "f", "gress.feature_set_hash": "h", "gress.feature_columns": json.dumps(["a", "b"])}

WriteFeatures = Callable[..., Path]


@pytest.fixture
def features(tmp_path: Path) -> WriteFeatures:
    """A file as `gress features export` writes it: fields of the events, then features."""

    def write(**changed: Any) -> Path:
        import pyarrow as pa
        from pyarrow import parquet

        table = pa.table({"id": [1, 2, 3], **ROWS, **changed}).replace_schema_metadata(ABOUT)
        parquet.write_table(table, tmp_path / "features.parquet")
        return tmp_path / "features.parquet"

    return write


@pytest.fixture
def three_inputs(tmp_path: Path) -> Path:
    return write_three_inputs(tmp_path / "made")


def test_raw_inputs_are_recorded(registry: Registry, three_inputs: Path, features: WriteFeatures) -> None:
    for version, more in (("1", {}), ("2", {"features": features()})):
        spec = register(registry, three_inputs, "m", version, **more)
        assert spec.raw_inputs == {"merchant": None, "user_id": None}
        assert registry.spec("m", version) == spec
        validate(registry, "m", version)
    assert spec.feature_columns == ("a", "b")


def test_text_of_a_model_without_raw_inputs_is_that_of_earlier_releases(registry: Registry, file: Path) -> None:
    text = spec_text(register(registry, file, "m", "1"))
    assert "raw" not in text
    assert parse_spec(text.encode(), "model.json").raw_inputs is None


def test_golden_rows_hold_raw_fields_exactly(
    registry: Registry, three_inputs: Path, write_golden: WriteGolden
) -> None:
    spec = register(registry, three_inputs, "m", "1", golden=write_golden(ROWS, prediction=WANT))
    assert spec.feature_columns == ("a", "b")
    assert spec.golden is not None
    assert spec.golden.raw == {"merchant": tuple(TEXTS), "user_id": tuple(USERS.tolist())}
    kept = parse_spec(spec_text(spec).encode(), "model.json")
    assert kept.golden is not None
    read = golden_inputs(kept, kept.golden)
    assert read.raw["user_id"].dtype == np.int64
    assert read.raw["user_id"].tolist() == USERS.tolist()
    assert validate(registry, "m").golden_rows == 3


def test_golden_row_with_another_text_is_found(
    registry: Registry, three_inputs: Path, write_golden: WriteGolden
) -> None:
    golden = write_golden({**ROWS, "merchant": ["acme", "", "acme"]}, prediction=WANT)
    with pytest.raises(ModelError, match=r"expected 0\.\d+ for golden row 1, got 0\.\d+; the golden rows are those"):
        register(registry, three_inputs, "m", "1", golden=golden)


def test_golden_file_without_a_raw_field_is_refused(
    registry: Registry, three_inputs: Path, write_golden: WriteGolden
) -> None:
    rows = {name: values for name, values in ROWS.items() if name != "merchant"}
    with pytest.raises(ModelError, match=r"^golden file .* has no column merchant, which the model reads beside its f"):
        register(registry, three_inputs, "m", "1", golden=write_golden(rows))


def test_golden_file_that_is_no_parquet_is_refused(registry: Registry, three_inputs: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").write_text("merchant,user_id")
    with pytest.raises(ModelError, match=r"^golden file .* is not a Parquet file; write it with"):
        register(registry, three_inputs, "m", "1", golden=tmp_path / "rows.parquet")


@pytest.mark.filterwarnings("ignore")
def test_estimator_of_raw_fields_is_to_be_converted_by_its_user(
    registry: Registry, tmp_path: Path, features: WriteFeatures
) -> None:
    import joblib
    import pandas as pd
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    encoder = ColumnTransformer([("m", OneHotEncoder(), ["merchant"])], remainder="passthrough")
    joblib.dump(make_pipeline(encoder, Ridge()).fit(pd.DataFrame(ROWS), [0, 1, 2]), tmp_path / "model.joblib")
    with pytest.raises(ModelError, match=r"was trained on merchant, user_id, which are fields .*; convert it yourself"):
        register(registry, tmp_path / "model.joblib", "m", "1", features=features())


def test_model_of_a_text_alone(registry: Registry, tmp_path: Path, write_golden: WriteGolden) -> None:
    golden = write_golden({"merchant": list(MERCHANTS)}, prediction=text_score(np.array(MERCHANTS)))
    spec = register(registry, write_text_alone(tmp_path / "made"), "m", "1", golden=golden)
    assert (spec.raw_inputs, spec.feature_columns) == ({"merchant": None}, None)
    assert validate(registry, "m").golden_rows == 4


def test_model_that_knows_some_texts_alone_needs_rows(
    registry: Registry, tmp_path: Path, features: WriteFeatures
) -> None:
    file = write_known_texts(tmp_path / "made")
    with pytest.raises(ModelError, match=r"failed in ONNX Runtime: .*; if it knows only some values of merchant, reg"):
        register(registry, file, "m", "1")
    spec = register(registry, file, "m", "1", features=features(merchant=["acme", None, "acme"]))
    assert spec.raw_inputs == {"merchant": "acme"}
    validate(registry, "m")


def test_baseline_is_that_of_the_rows_with_their_raw_fields(
    registry: Registry, three_inputs: Path, features: WriteFeatures
) -> None:
    rows = features()
    spec = register(registry, three_inputs, "m", "1", features=rows, baseline=baseline_of(rows))
    others = baseline_of(features(user_id=[0, 0, 0]))
    assert spec.baseline != register(registry, three_inputs, "m", "2", features=rows, baseline=others).baseline
    with pytest.raises(ModelError, match=r"^baseline file .* has no column merchant, which the model reads beside"):
        register(registry, three_inputs, "m", "3", features=rows, baseline=baseline_of(_without(rows, "merchant")))


def test_next_version_is_tried_on_raw_fields_that_the_present_one_does_not_read(
    registry: Registry, three_inputs: Path
) -> None:
    spec = register(registry, three_inputs, "m", "1")
    model = load_model(*registry.resolve("m"), feature_columns=("a", "b"), sessions=SessionPool())
    given = {"merchant": TEXTS, "user_id": USERS, "card": TEXTS}
    check_fitness(model, budget_s=60, probe=Probe(Inputs(MATRIX, given), 3))
    absent = {**given, "merchant": np.array(["acme", None, None], dtype=object)}
    with pytest.raises(ModelError, match=rf"^{spec.ref} expected finite scores .*, got 2 of 3 rows NaN or infinite"):
        check_fitness(model, budget_s=60, probe=Probe(Inputs(MATRIX, absent), 3))
    # Rows of a user's table may lack what only the next version reads.
    check_fitness(model, budget_s=60, probe=Probe(Inputs(MATRIX), 3))
    model.close()


def _without(path: Path, name: str) -> Path:
    from pyarrow import parquet

    target = path.with_name("less.parquet")
    parquet.write_table(parquet.read_table(path).drop_columns([name]), target)
    return target
