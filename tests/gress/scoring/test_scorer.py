"""Programs open a model by its name and score tables of any kind, without Flink."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import gress
from models.inspect import spec_from_file
from models.registry import local_registry
from tests.support.raw_models import text_score, three_inputs_score, write_text_alone, write_three_inputs
from tests.support.small_model import CLASSES, expected_score, write_model
from tests.support.tiny_models import linear, write_linear

COLUMNS = {"amount": [1.0, 4.0, 2.5], "size": [2.0, 0.5, 1.0], "hour": [3.0, 23.0, 12.0]}
WANT = linear(np.column_stack(list(COLUMNS.values())))
FRAME = pd.DataFrame(COLUMNS, index=["a", "b", "c"])


class ArrowFrame:
    """A frame of a library that hands out Arrow data, as polars does."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._table.__arrow_c_stream__(requested_schema)


class OldFrame:
    """A frame of a library that knows the interchange protocol alone."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __dataframe__(self, **options: Any) -> Any:
        return self._table.__dataframe__(**options)


FORMS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "pandas": lambda frame: frame,
    "arrow": lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
    "batch": lambda frame: pa.RecordBatch.from_pandas(frame, preserve_index=False),
    "arrow protocol": lambda frame: ArrowFrame(pa.Table.from_pandas(frame, preserve_index=False)),
    "interchange": lambda frame: OldFrame(pa.Table.from_pandas(frame, preserve_index=False)),
    "arrays": lambda frame: {name: frame[name].to_numpy() for name in frame},
    "lists": lambda frame: frame.to_dict("list"),
    "dicts": lambda frame: frame.to_dict("records"),
}


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """A registry with the version 1.0.0 of a linear model of three inputs."""
    publish(tmp_path / "registry", write_linear(tmp_path), feature_columns=tuple(COLUMNS))
    return tmp_path / "registry"


@pytest.fixture
def scorer(registry: Path) -> Iterator[gress.Scorer]:
    with gress.Scorer.open(registry, "payments") as scorer:
        yield scorer


def publish(folder: Path, file: Path, version: str = "1.0.0", **more: Any) -> str:
    """Put a file into a registry; return the registry's place."""
    local_registry(folder).publish(spec_from_file(file, "payments", version, **more), file)
    return str(folder)


@pytest.mark.parametrize("form", FORMS)
def test_table_of_any_kind_is_scored(form: str, scorer: gress.Scorer) -> None:
    assert scorer.inputs == tuple(COLUMNS)
    np.testing.assert_allclose(scorer.score(FORMS[form](FRAME)).prediction, WANT, rtol=1e-6)


def test_answer_becomes_a_frame_under_the_index_of_the_one_that_was_scored(scorer: gress.Scorer) -> None:
    found = FRAME.join(scorer.score(FRAME).to_pandas())
    assert found.index.tolist() == ["a", "b", "c"]
    np.testing.assert_allclose(found["prediction"], WANT, rtol=1e-6)
    assert set(found["status"]) == {"ok"}
    assert set(found["model"]) == {"payments"}
    assert set(found["version"]) == {"1.0.0"}
    assert scorer.score(COLUMNS).to_pandas().index.tolist() == [0, 1, 2]


def test_answer_without_rows_has_all_columns(scorer: gress.Scorer) -> None:
    for nothing in (FRAME.head(0), []):
        found = scorer.score(nothing)
        assert found.to_dicts() == []
        assert found.to_arrow().column_names == found.to_pandas().columns.tolist()


def test_row_without_a_prediction_says_why_in_every_form(tmp_path: Path) -> None:
    spec = {"task": "binary", "classes": CLASSES, "feature_columns": ("amount",)}
    place = publish(tmp_path / "registry", write_model(tmp_path / "model", width=1, has_classes=True), **spec)
    with gress.Scorer.open(place, "payments") as scorer:
        found = scorer.score([{"amount": 3.0}, {"amount": 0.0}])
    good, bad = found.to_dicts()
    (want,) = expected_score(np.array([[3.0]]))
    assert good["prediction"] == pytest.approx(want)
    assert good["scores"] == pytest.approx([1 - want, want])
    assert (good["label"], good["status"], good["reason"]) == (CLASSES[int(want > 0.5)], "ok", None)
    assert (bad["prediction"], bad["status"], bad["reason"]) == (None, "dead_letter", "not_finite")
    assert "nan" in bad["error"].lower()
    assert found.to_arrow()["prediction"].null_count == 1
    assert found.to_arrow()["scores"].type == pa.list_(pa.float64())
    assert found.to_pandas()["prediction"].isna().tolist() == [False, True]


def test_column_that_is_not_there_is_named_with_the_nearest(scorer: gress.Scorer) -> None:
    for form in ("pandas", "arrow", "dicts"):
        with pytest.raises(gress.FeatureError, match="input column 'hour', got none; nearest valid name 'hours'"):
            scorer.score(FORMS[form](FRAME.rename(columns={"hour": "hours"})))


@pytest.mark.parametrize(
    ("table", "error"),
    [
        pytest.param(
            {**COLUMNS, "size": [1, "2", 3]}, "expected a number in column 'size', got '2' in row 1", id="text"
        ),
        pytest.param({**COLUMNS, "size": [1]}, "expected columns of one length, got amount 3, size 1", id="lengths"),
        pytest.param(7, "expected a pandas or polars frame, .* got int", id="no table"),
        pytest.param("amount", "expected a pandas or polars frame, .* got str", id="a text"),
        pytest.param([(1, 2, 3)], "expected a list of dicts, got one with tuple in it", id="tuples"),
        pytest.param([None], "expected a list of dicts, got one with NoneType in it", id="a row of None"),
        pytest.param(FRAME["size"], "expected a pandas or polars frame, .* got Series", id="series"),
        pytest.param(
            FRAME.rename(columns={"hour": "size"}),
            "expected columns of different names, got several named 'size'",
            id="double columns",
        ),
        pytest.param(
            pa.table([[1.0], [2.0]], names=["size", "size"]),
            "expected columns of different names, got several named 'size'",
            id="double columns of Arrow",
        ),
        pytest.param(
            FRAME.set_axis(pd.MultiIndex.from_product([["x"], COLUMNS]), axis=1),
            "expected columns with one name each, got columns of several levels",
            id="columns of levels",
        ),
        pytest.param(FRAME.set_axis([0, 1, 2], axis=1), "got none of them; known are 0, 1, 2", id="numbered"),
        pytest.param(
            {**COLUMNS, "size": np.ones((3, 2))},
            "expected a value for each row in column 'size', got an array of 3x2",
            id="matrix",
        ),
        pytest.param(
            {**COLUMNS, "size": np.ones(3, complex)}, "in column 'size', got values of type complex128", id="complex"
        ),
        pytest.param(
            {**COLUMNS, "size": np.ones(3, "timedelta64[s]")}, "'size', got values of type timedelta64", id="duration"
        ),
        pytest.param({**COLUMNS, "size": [b"1"] * 3}, "a number in column 'size', got b'1' in row 0", id="bytes"),
    ],
)
def test_other_tables_are_refused(table: Any, error: str, scorer: gress.Scorer) -> None:
    with pytest.raises(gress.FeatureError, match=error):
        scorer.score(table)


def test_masked_values_are_absent(scorer: gress.Scorer) -> None:
    masked = np.ma.array([2.0, 0.5, 1.0], mask=[False, True, False])
    found = scorer.score({**COLUMNS, "size": masked})
    absent = scorer.score({**COLUMNS, "size": [2.0, None, 1.0]})
    assert found.to_dicts() == absent.to_dicts()


def test_pinned_version_stays_and_the_promoted_one_is_followed(registry: Path, tmp_path: Path) -> None:
    settings = gress.load_settings(overrides=["ml.model_registry.watch_interval=20ms", *_JOB])
    store = gress.open_registry(str(registry))
    gress.promote(store, "payments", "1.0.0", by="test", why="first")
    with (
        gress.Scorer.open(registry, "payments", "1.0", config=settings) as pinned,
        gress.Scorer.open(registry, "payments", config=settings) as following,
    ):
        publish(registry, write_linear(tmp_path), "2.0.0", feature_columns=tuple(COLUMNS))
        gress.promote(store, "payments", "2.0.0", by="test", why="second")
        assert _version_within(following, "2.0.0", seconds=120)
        assert set(pinned.score(COLUMNS).to_pandas()["version"]) == {"1.0.0"}


def _version_within(scorer: gress.Scorer, version: str, *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if set(scorer.score(COLUMNS).version) == {version}:
            return True
    return False


_EVENTS = {
    "id": "id",
    "key": "id",
    "time": "at",
    "fields": {"id": {"type": "long"}, "at": {"type": "timestamp"}, **{n: {"type": "double"} for n in COLUMNS}},
}
_SPECS = [{"name": name, "type": "numerical", "source": name} for name in COLUMNS]
_TREE = {
    "name": "payments",
    "events": _EVENTS,
    "features": {"name": "raw", "specs": _SPECS},
    "inference": {"model_name": "another", "model_version": "9.0.0"},
}
_JOB = [f"job={json.dumps(_TREE)}"]


def test_features_of_settings_are_computed(tmp_path: Path) -> None:
    place = publish(tmp_path / "registry", write_model(tmp_path / "model", width=1))
    tree: Mapping[str, Any] = {
        **_TREE,
        "features": {"name": "logs", "specs": [{"name": "amount_log", "type": "log", "source": "amount"}]},
    }
    file = tmp_path / "logs.yaml"
    file.write_text(json.dumps({"job": tree}), "utf-8")
    want = expected_score(np.log1p(np.array(COLUMNS["amount"]))[:, None])
    for config in (file, str(file), gress.load_settings(file)):
        with gress.Scorer.open(place, "payments", config=config) as scorer:
            assert scorer.inputs == ("amount",)
            np.testing.assert_allclose(scorer.score(FRAME).prediction, want, rtol=1e-5)


def test_features_of_a_shipped_job_are_computed_by_its_name() -> None:
    with gress.Scorer.open("package:models", "fraud-detector", config="fraud-detection") as scorer:
        assert "TX_DATETIME" in scorer.inputs
        frame = pd.DataFrame({name: [10.0, 80.0] for name in scorer.inputs})
        times = ["2024-01-06T05:00:00", "2024-01-08T12:00:00"]
        as_text = scorer.score(frame.assign(TX_DATETIME=times)).prediction
        as_times = scorer.score(frame.assign(TX_DATETIME=pd.to_datetime(times))).prediction
        features = scorer.score(frame.assign(TX_DATETIME=times)).matrix
        names = scorer.features.columns
    np.testing.assert_array_equal(as_text, as_times)
    # A Saturday, at night; a Monday, by day.
    assert features[:, names.index("TX_DURING_WEEKEND")].tolist() == [1, 0]
    assert features[:, names.index("TX_DURING_NIGHT")].tolist() == [1, 0]
    with gress.Scorer.open("package:models", "fraud-detector") as plain:
        np.testing.assert_array_equal(plain.score(dict(zip(names, features.T, strict=True))).prediction, as_text)


def test_texts_and_identifiers_are_columns_of_their_inputs(tmp_path: Path) -> None:
    columns = {"f_a": [0.5, 1.0], "f_b": [2.0, 0.0], "merchant": ["acme", "zebra"], "user_id": [2**53 + 1, 2]}
    three = publish(
        tmp_path / "three",
        write_three_inputs(tmp_path / "a"),
        feature_columns=("f_a", "f_b"),
        raw_inputs={"user_id": 0, "merchant": ""},
    )
    with gress.Scorer.open(three, "payments") as scorer:
        assert set(scorer.inputs) == set(columns)
        found = scorer.score(columns).prediction
        dicts = scorer.score(pd.DataFrame(columns).to_dict("records")).prediction
    matrix = np.column_stack([columns["f_a"], columns["f_b"]])
    want = three_inputs_score(matrix, np.array(columns["merchant"]), np.array(columns["user_id"]))
    np.testing.assert_allclose(found, want, atol=1e-6)
    np.testing.assert_array_equal(found, dicts)
    text = publish(tmp_path / "text", write_text_alone(tmp_path / "b"))
    with gress.Scorer.open(text, "payments") as scorer:
        assert scorer.inputs == ("merchant",)
        found = scorer.score({"merchant": ["acme", None]})
    np.testing.assert_allclose(found.prediction[:1], text_score(np.array(["acme"])), atol=1e-6)
    assert found.to_dicts()[1]["reason"] == "failed"


def test_columns_that_nobody_named_are_refused(tmp_path: Path) -> None:
    place = publish(tmp_path / "registry", write_model(tmp_path / "model", width=3))
    with pytest.raises(gress.ModelError, match=r"has input 'x' float32 \(n, 3\), whose columns nobody named; register"):
        gress.Scorer.open(place, "payments")


@pytest.mark.parametrize(
    ("model", "version", "config", "error"),
    [
        pytest.param("paymnts", "", None, "has no model 'paymnts'; did you mean 'payments'", id="model"),
        pytest.param("pay/ments", "", None, "model name 'pay/ments' is not allowed", id="name"),
        pytest.param("payments", "7.0.0", None, "no version 7.0.0", id="version"),
        pytest.param("payments", "new", None, "model version 'new' is not a semantic version", id="text"),
        pytest.param(None, "", None, "model name None is not allowed", id="no name"),
        pytest.param("payments", 2, None, "model version 2 is not a semantic version", id="number"),
        pytest.param("payments", "", "fraud-detecton", "nearest valid name 'fraud-detection'", id="job"),
        pytest.param("payments", "", {"ml": {}}, "config: expected the name of a job, a file, .* got dict", id="dict"),
        pytest.param("payments", "", "absent.yaml", "absent.yaml: expected a readable YAML file", id="file"),
        pytest.param("payments", "", gress.load_settings(environ={}), "settings: expected a `job:`", id="settings"),
    ],
)
def test_model_or_settings_that_are_not_there_are_refused(
    model: Any, version: Any, config: Any, error: str, registry: Path
) -> None:
    with pytest.raises((gress.ModelError, gress.JobError, gress.ConfigError), match=error):
        gress.Scorer.open(registry, model, version, config=config)


def test_registry_is_given_by_its_place(registry: Path) -> None:
    with pytest.raises(gress.ModelError, match=rf"expected a folder, .* got Registry; give its place, '{registry}'"):
        gress.Scorer.open(gress.open_registry(registry), "payments")  # type: ignore[arg-type]


@pytest.mark.parametrize("absent", [None, float("nan"), pd.NA, pd.NaT])
def test_whatever_pandas_counts_as_absent_is_absent_in_rows_and_arrays_of_objects(
    absent: Any, scorer: gress.Scorer
) -> None:
    sizes = [1.0, absent, 3.0]
    rows = [{**{name: values[row] for name, values in COLUMNS.items()}, "size": sizes[row]} for row in range(3)]
    want = scorer.score({**COLUMNS, "size": np.array([1.0, np.nan, 3.0])}).to_dicts()
    assert want[1]["status"] == "dead_letter"
    for table in (rows, {**COLUMNS, "size": sizes}, {**COLUMNS, "size": np.array(sizes, dtype=object)}):
        assert scorer.score(table).to_dicts() == want


def test_closed_scorer_scores_nothing_and_may_be_closed_again(registry: Path) -> None:
    scorer = gress.Scorer.open(registry, "payments")
    np.testing.assert_allclose(scorer.score(COLUMNS).prediction, WANT, rtol=1e-6)
    scorer.close()
    scorer.close()
    with pytest.raises(RuntimeError, match="expected an open one, got one that was closed"):
        scorer.score(COLUMNS)


def test_scoring_loads_nothing_of_flink(registry: Path) -> None:
    program = (
        "import json, sys, gress\n"
        f"with gress.Scorer.open({str(registry)!r}, 'payments') as scorer:\n"
        f"    scorer.score({COLUMNS!r}).to_dicts()\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert {"pyflink", "py4j", "apache_beam", "sklearn", "onnx"} & set(json.loads(done.stdout)) == set()
