"""Drift of groups of rows beside the windows of a job's drift stage."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from conf.drift import DriftSettings
from models.errors import ModelError
from models.inspect import spec_from_file
from models.registry import local_registry
from state.drift.monitor import DriftMonitor
from state.drift.rows import SampledRows
from tests.state.drift.record_golden import baseline_document
from tests.state.drift.sampled import PackedStore
from tests.support.tiny_models import linear, write_classes, write_linear
from udfs.features.errors import FeatureError
from udfs.sql.named_models import NamedModels, prediction_columns
from udfs.sql.options import SqlOptions
from udfs.sql.sql_models import SqlModels
from udfs.sql_aggregates.drifting_models import DriftingModels, check_baseline

NAMES = ("a", "b", "c")
SIZE = 400


def drawn(seed: int, shift: float = 0.0, size: int = SIZE) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal([shift, 5, 10], 1, (size, 3)).astype(np.float32)


TRAINED = drawn(1, size=3000)
BASELINE = baseline_document(TRAINED, NAMES, linear(TRAINED))


def fields(matrix: np.ndarray, names: tuple[str, ...] = NAMES) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in matrix.tolist()]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models with a baseline, without one, with one of other columns, and one that refuses large amounts."""
    folder = tmp_path_factory.mktemp("drift")
    place = local_registry(folder / "registry")
    other = baseline_document(TRAINED, ("x", "b", "c"), linear(TRAINED))
    for name, write, baseline in (
        ("known", write_linear, BASELINE),
        ("bare", write_linear, None),
        ("other", write_linear, other),
        ("broken", write_linear, {**BASELINE, "version": 99}),
    ):
        file = write(folder / name)
        place.publish(spec_from_file(file, name, "1.0.0", feature_columns=NAMES, baseline=baseline), file)
    file = write_classes(folder / "picky")
    more = {"task": "binary", "classes": ("no", "yes"), "feature_columns": NAMES, "baseline": BASELINE}
    place.publish(spec_from_file(file, "picky", "1.0.0", **more), file)
    return folder / "registry"


@pytest.fixture
def models(registry: Path) -> Iterator[DriftingModels]:
    found = DriftingModels(SqlOptions(str(registry)))
    yield found
    found.close()


@pytest.mark.parametrize("shift", [0.0, 0.3, 2.0])
def test_a_group_is_judged_as_a_window_of_a_job(models: DriftingModels, shift: float) -> None:
    live = drawn(2, shift)
    found = models.compare("known", fields(live))
    monitor = DriftMonitor(DriftSettings(), PackedStore())
    nothing = np.full(SIZE, np.nan)
    monitor.add(SampledRows("known", "1.0.0", np.arange(SIZE), live, linear(live), nothing, BASELINE))
    (record,) = monitor.finish()
    assert (found["rows"], found["model"], found["version"]) == (SIZE, "known", "1.0.0")
    assert found["score"] == pytest.approx(record["score"], abs=1e-6)
    assert [each["name"] for each in found["columns"]] == [each["name"] for each in record["findings"]]
    for each, want in zip(found["columns"], record["findings"], strict=True):
        assert each["psi"] == pytest.approx(want["statistic"], rel=1e-12)
        assert (each["q"], each["score"]) == pytest.approx((want["q"], want["score"]), abs=1e-6)
        assert (each["verdict"] != "ok") == want["is_drift"]


def test_the_gap_of_distributions_is_scipys_up_to_the_width_of_a_cell(models: DriftingModels) -> None:
    live = drawn(2, 0.5)
    (found,) = [each for each in models.compare("known", fields(live))["columns"] if each["name"] == "a"]
    want = stats.ks_2samp(TRAINED[:, 0], live[:, 0]).statistic
    assert want - 0.05 < found["ks"] <= want


@pytest.mark.parametrize(("shift", "verdict"), [(0.0, "ok"), (0.3, "warn"), (2.0, "alert")])
def test_the_verdict_is_that_of_the_worst_column(models: DriftingModels, shift: float, verdict: str) -> None:
    found = models.compare("known", fields(drawn(2, shift)))
    assert found["verdict"] == verdict
    assert {each["name"]: each["verdict"] for each in found["columns"]}["a"] == verdict


def test_columns_go_by_place_where_they_have_no_names(models: DriftingModels) -> None:
    live = drawn(2, 0.3)
    assert models.compare("known", fields(live, ("EXPR$0", "EXPR$1", "EXPR$2"))) == models.compare(
        "known", fields(live)
    )
    assert models.compare("known", fields(live[:, ::-1], NAMES[::-1])) == models.compare("known", fields(live))


def test_few_rows_are_not_judged(models: DriftingModels) -> None:
    assert models.compare("known", fields(drawn(2, size=199))) == {
        "verdict": "few rows", "score": None, "columns": [], "rows": 199, "model": "known", "version": "1.0.0",
    }  # fmt: skip
    assert models.compare("known", [])["rows"] == 0
    assert models.compare("known", fields(drawn(2, size=200)))["verdict"] == "ok"


def test_rows_that_the_model_refuses_are_left_out(models: DriftingModels) -> None:
    live = drawn(2, size=300)
    live[:50, 0] = 1e6
    assert models.compare("picky", fields(live))["rows"] == 250


@pytest.mark.parametrize(
    ("name", "error"),
    [
        pytest.param("bare", "bare@1.0.0 has no baseline .*register it with --baseline", id="none"),
        pytest.param("other", r"has a baseline of x, b, c, .*, expected a, b, c and one score", id="other columns"),
        pytest.param("broken", "has a baseline that cannot be read: .*version 1, got 99", id="other format"),
        pytest.param("nown", r"nearest valid name 'known'", id="unknown model"),
    ],
)
def test_a_model_that_cannot_be_compared_is_an_error(models: DriftingModels, name: str, error: str) -> None:
    with pytest.raises(ModelError, match=error):
        models.compare(name, fields(drawn(2)))


def test_wrong_calls_are_errors(models: DriftingModels) -> None:
    with pytest.raises(FeatureError, match=r"^gress_drift\('known\$all'\): expected one version, got all of them;"):
        models.compare("known$all", fields(drawn(2)))
    with pytest.raises(FeatureError, match=r"^gress_drift\('known'\): expected field 'b' in the row, got a, x"):
        models.compare("known", [{"a": 1.0, "x": 2.0}])


def write_job(path: Path, model: str, inference: dict[str, Any], ml: dict[str, Any]) -> Path:
    """Write the settings of a job of a model."""
    kinds = {"id": "long", "at": "timestamp", "card": "string", **dict.fromkeys(NAMES, "double")}
    fields_of = {name: {"type": kind} for name, kind in kinds.items()}
    job = {
        "name": "j",
        "events": {"id": "id", "key": "card", "time": "at", "fields": fields_of},
        "features": {"name": "f", "specs": [{"name": name, "type": "numerical", "source": name} for name in NAMES]},
        "inference": {"model_name": model, **inference},
    }
    path.write_text(json.dumps({"ml": ml, "job": job}))
    return path


def test_rows_that_got_a_default_prediction_are_left_out(registry: Path, tmp_path: Path) -> None:
    # On a busy machine the model may need longer than it gets by default.
    patient = {"inference": {"max_latency": "30s"}}
    job = write_job(tmp_path / "job.yaml", "picky", {"default_prediction": 0.0}, patient)
    live = drawn(2, size=300)
    live[:50, 0] = 1e6
    named = NamedModels(SqlOptions(str(registry), str(job)))
    answers = prediction_columns(named.score("gress_predict", "picky", [*live.T.astype(float)]))
    named.close()
    assert list(answers["status"]) == ["default"] * 50 + ["ok"] * 250
    assert list(answers["prediction"][:50]) == [0.0] * 50
    models = DriftingModels(SqlOptions(str(registry), str(job)))
    found = models.compare("picky", fields(live))
    models.close()
    assert (found["rows"], found["verdict"]) == (250, "ok")


def test_a_model_whose_rows_an_experiment_splits_is_refused_unless_a_version_is_named(
    registry: Path, tmp_path: Path
) -> None:
    arms = [{"name": name, "model_name": "known", "model_version": "1.0.0", "weight": 50} for name in ("old", "new")]
    tested = {"name": "test", "strategy": "hash", "split_key": "card", "variants": arms}
    job = write_job(tmp_path / "job.yaml", "known", {}, {"ab_testing": {"enabled": True, "experiments": [tested]}})
    options = SqlOptions(str(registry), str(job))
    models = DriftingModels(options)
    text = (
        r"^gress_drift\('known'\): expected one version, got the variants of test;"
        r" name the version of a variant, as in 'known\$1\.0\.0', and select its rows$"
    )
    with pytest.raises(FeatureError, match=text):
        models.compare("known", fields(drawn(2)))
    with pytest.raises(FeatureError, match=text):
        check_baseline("gress_drift('known')", SqlModels(options), "known")
    assert models.compare("known$1.0.0", fields(drawn(2)))["verdict"] == "ok"
    models.close()


def test_limits_are_those_of_the_settings(registry: Path, tmp_path: Path) -> None:
    settings = tmp_path / "mine.yaml"
    settings.write_text(json.dumps({"ml": {"drift": {"min_rows": 100, "alpha": 0.0001}}}))
    models = DriftingModels(SqlOptions(str(registry), str(settings)))
    assert models.compare("known", fields(drawn(2, 0.3, size=150)))["verdict"] == "ok"
    models.close()
