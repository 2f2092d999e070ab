"""A job's model while deployments change."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.errors import ModelError
from models.inspect import spec_from_file
from models.registry import Registry, local_registry
from models.runtimes.gpu.gpu_problem import GpuProblem
from models.runtimes.gpu.open_session import OpenedSession, open_session
from models.runtimes.options import RuntimeOptions
from models.scoring.sessions import SESSIONS
from models.serving.pool import LIVE_MODELS
from models.serving.source import FixedModel
from tests.support.job_settings import MakeSettings
from tests.support.tiny_models import write_linear
from udfs.features.feature_set import compile_feature_set
from udfs.functions.score_columns import ScoreColumns
from udfs.metrics.series import series
from udfs.scoring import model_source
from udfs.scoring.model_source import open_models
from udfs.scoring.swap_log import _say_pinned

Open = Callable[..., ScoreColumns]
COLUMNS = {"amount": np.array([1.0, 2.0]), "size": np.array([1.0, 1.0])}


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    found = local_registry(tmp_path / "registry")
    path = write_linear(tmp_path)
    for name in ("m", "other"):
        for version in ("1.0.0", "2.0.0"):
            found.publish(spec_from_file(path, name, version), path)
    found.deployments("m").promote("1.0.0")
    return found


@pytest.fixture
def make(make_settings: MakeSettings, registry: Registry) -> Iterator[Open]:
    opened = []

    def build(
        models: tuple[dict[str, Any], ...] = (), name: str = "m", version: str = "", job: str = "j"
    ) -> ScoreColumns:
        store = {"type": "local", "base_path": str(registry.base), "watch_interval": "10ms"}
        settings = make_settings(
            ml={"model_registry": store, "models": list(models)},
            inference={"model_name": name, "model_version": version},
        )
        assert settings.job is not None
        opened.append(ScoreColumns(settings.job.model_copy(update={"name": job}), settings.ml))
        opened[-1].open()
        return opened[-1]

    yield build
    for function in opened:
        function.close()


def versions(function: ScoreColumns) -> list[str]:
    return list(function.run(COLUMNS)["__version"])


def wait_for(function: ScoreColumns, version: str) -> None:
    end = time.monotonic() + 10
    while versions(function) != [version] * 2:
        assert time.monotonic() < end, f"{version} did not serve within 10 s"
        time.sleep(0.01)


def test_rows_name_the_version_that_scored_them_as_deployments_change(make: Open, registry: Registry) -> None:
    function = make()
    assert versions(function) == ["1.0.0"] * 2
    registry.deployments("m").promote("2.0.0")
    wait_for(function, "2.0.0")
    registry.deployments("m").rollback()
    wait_for(function, "1.0.0")


def test_swaps_are_counted(make: Open, registry: Registry) -> None:
    def count(result: str, job: str = "j") -> float:
        return series("model_swaps_total", job, "m", result)._value.get()

    before = count("swapped"), count("rolled_back")
    function = make()
    registry.deployments("m").promote("2.0.0")
    wait_for(function, "2.0.0")
    registry.deployments("m").rollback()
    wait_for(function, "1.0.0")
    assert (count("swapped") - before[0], count("rolled_back") - before[1]) == (1, 1)


def test_a_pinned_version_is_not_watched(make: Open, registry: Registry) -> None:
    function = make(version="1.0.0")
    assert len(LIVE_MODELS) == 0
    registry.deployments("m").promote("2.0.0")
    time.sleep(0.1)
    assert versions(function) == ["1.0.0"] * 2


def test_a_pinned_job_says_so_once(make: Open, caplog: pytest.LogCaptureFixture) -> None:
    _say_pinned.cache_clear()
    with caplog.at_level("INFO", "gress.models"):
        make(version="1.0.0")
        make(version="1.0.0")
        make()
    said = [record.getMessage() for record in caplog.records if "pinned" in record.getMessage()]
    assert said == ["model m@1.0.0 is pinned by the settings; promotions do not reach this job"]


def test_a_version_switched_off_in_the_settings_is_rejected(make: Open, registry: Registry) -> None:
    function = make(models=({"name": "m", "version": "2.0.0", "type": "onnx", "enabled": False},))
    registry.deployments("m").promote("2.0.0")
    end = time.monotonic() + 10
    while not registry.records("m", "2.0.0"):
        assert time.monotonic() < end
        time.sleep(0.01)
    (record,) = registry.records("m", "2.0.0")
    assert (record.kind, record.generation) == ("rejected", 2)
    assert record.reason == (
        "model m@2.0.0 is switched off by `enabled: false` in ml.models; enable it, or name another version"
    )
    assert versions(function) == ["1.0.0"] * 2


def test_operators_of_a_process_share_a_model_and_its_session(make: Open) -> None:
    first, second = make(), make()
    assert (len(LIVE_MODELS), len(SESSIONS)) == (1, 1)
    assert versions(first) == versions(second)


def test_gpu_that_is_asked_for_and_not_used_is_told(
    make_settings: MakeSettings, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_driver(ort: Any, content: bytes, settings: Any, options: RuntimeOptions) -> OpenedSession:
        opened = open_session(ort, content, settings, RuntimeOptions())
        is_asked = (options.enable_gpu, options.gpu_device_ids) == (True, (1,))
        return OpenedSession(opened.session, GpuProblem("no_driver", "none", "install it") if is_asked else None)

    monkeypatch.setattr("models.runtimes.onnx.open_session", without_driver)
    store = {"type": "local", "base_path": str(registry.base)}
    asked = {"enable_gpu": True, "gpu_device_ids": [1]}
    settings = make_settings(ml={"model_registry": store, "inference": asked}, inference={"model_name": "m"})
    assert settings.job is not None
    features = compile_feature_set(settings.job.features, settings.job.events)
    source = open_models(settings.ml, settings.job.inference, features, job="gpu")
    told = series("model_device_info", "gpu", "m", "1.0.0", "cpu", "no_driver")
    assert told._value.get() == 1
    source.close()
    assert told._value.get() == 0


def test_jobs_of_a_process_are_counted_apart(make: Open, registry: Registry) -> None:
    def loaded(job: str, version: str) -> float:
        return series("models_loaded", job, "m", version, "onnx")._value.get()

    first, second = make(job="first"), make(job="second", version="2.0.0")
    assert versions(first) + versions(second) == ["1.0.0"] * 2 + ["2.0.0"] * 2
    assert [loaded(job, version) for job in ("first", "second") for version in ("1.0.0", "2.0.0")] == [1, 0, 0, 1]
    third = make(job="third")
    registry.deployments("m").promote("2.0.0")
    for job, function in (("first", first), ("third", third)):
        wait_for(function, "2.0.0")
        assert series("model_swaps_total", job, "m", "swapped")._value.get() == 1


def test_several_models_serve_side_by_side(make: Open, registry: Registry) -> None:
    mine, yours = make(), make(name="other")
    assert len(LIVE_MODELS) == 2
    registry.deployments("m").promote("2.0.0")
    wait_for(mine, "2.0.0")
    registry.deployments("other").promote("1.0.0")
    wait_for(yours, "1.0.0")
    assert versions(mine) == ["2.0.0"] * 2


def test_models_that_do_not_fit_the_features_are_refused(make: Open, registry: Registry, tmp_path: Path) -> None:
    path = write_linear(tmp_path)
    registry.publish(spec_from_file(path, "m", "3.0.0", feature_columns=("a", "b", "c")), path)
    with pytest.raises(ModelError, match="was trained on 3 columns"):
        make(version="3.0.0")


def test_a_promoted_version_of_other_features_is_rejected(make: Open, registry: Registry, tmp_path: Path) -> None:
    path = write_linear(tmp_path)
    registry.publish(spec_from_file(path, "m", "3.0.0", feature_set="old", feature_set_hash="aaa"), path)
    function = make()
    registry.deployments("m").promote("3.0.0")
    end = time.monotonic() + 10
    while not registry.records("m", "3.0.0"):
        assert time.monotonic() < end
        time.sleep(0.01)
    (record,) = registry.records("m", "3.0.0")
    assert re.search(
        r"trained on feature set 'old' with hash aaa, the job's has [0-9a-f]{16}; use the features", record.reason
    )
    assert versions(function) == ["1.0.0"] * 2


def test_a_version_without_a_hash_is_warned_of_once(
    make: Open, registry: Registry, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model_source._warn_of_unknown_features.cache_clear()
    path = write_linear(tmp_path)
    job = make().job
    make()
    known = compile_feature_set(job.features, job.events).hash
    registry.publish(spec_from_file(path, "m", "3.0.0", feature_set_hash=known), path)
    make(version="3.0.0")
    texts = [record.getMessage() for record in caplog.records if "feature set" in record.getMessage()]
    assert len(texts) == 1
    assert texts[0].startswith("model m@1.0.0 does not say which feature set it was trained on")
    assert "register it with --features FILE" in texts[0]


def test_a_bare_file_is_fixed(make_settings: MakeSettings, tmp_path: Path) -> None:
    settings = make_settings()
    assert settings.job is not None
    features = compile_feature_set(settings.job.features, settings.job.events)
    found = open_models(settings.ml, settings.job.inference, features)
    assert isinstance(found, FixedModel)
    found.close()
