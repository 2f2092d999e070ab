from __future__ import annotations

import datetime as dt
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conf.model_registry import ModelRegistrySettings
from models.errors import ModelError
from models.learned.learned_version import LearnedVersion
from models.learned.publish import Publication, publish_learned
from models.lifecycle import validate
from models.registry import Registry, RegistryError, open_registry
from models.spec import ModelSpec, parse_spec, spec_text
from tests.models.learned.samples import KINDS, NOW, ROWS, learned, linear, regression
from tests.support.sample_models import MakeSpec

PUBLISHER = Path(__file__).with_name("publisher.py")


def publish(registry: Registry, version: str, found: LearnedVersion, **more: Any) -> Publication:
    return publish_learned(registry, "fraud", version, found, created_at=NOW, **more)


def files(registry: Registry) -> list[str]:
    is_missing = registry.store.folder is not None and not registry.store.folder.is_dir()
    return [] if is_missing else registry.store.files()


def test_a_version_says_where_it_comes_from(registry: Registry) -> None:
    found = publish(registry, "1.0.7", learned(7, parent="0.9.0", feature_set="cards", feature_set_hash="ab12"))
    spec = registry.spec("fraud", "1.0.7")
    assert (found.spec, found.is_new) == (spec, True)
    assert spec.lineage == learned(7, parent="0.9.0").lineage
    assert spec.metrics == {"auc_roc": 0.9, "log_loss": 0.12345}
    assert (spec.feature_set, spec.feature_set_hash, spec.feature_columns) == ("cards", "ab12", linear().features)
    assert (spec.task, spec.classes, spec.created_at) == ("binary", ("honest", "fraud"), NOW)
    assert (spec.description, spec.file, spec.type) == ("Learnt by job fraud", "model.onnx", "onnx")


def test_specs_without_lineage_are_written_as_before(make_spec: MakeSpec) -> None:
    text = spec_text(make_spec())
    assert "lineage" not in text
    assert parse_spec(text.encode(), "here").lineage is None


def test_lineage_reads_back_with_the_types_of_its_settings(registry: Registry) -> None:
    publish(registry, "1.0.7", learned(7))
    found = registry.spec("fraud", "1.0.7").lineage
    assert found is not None
    settings = {"alpha": 0.1, "seed": 1, "is_adaptive": True, "loss": "log", "clip": None}
    assert found.settings == settings
    assert {name: type(value) for name, value in found.settings.items()} == {
        name: type(value) for name, value in settings.items()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_passes_validation(registry: Registry, kind: str) -> None:
    publish(registry, "1", learned(model=KINDS[kind]()))
    found = validate(registry, "fraud", "1.0.0")
    assert found.is_new
    assert found.golden_rows >= 10


def test_golden_rows_are_those_given_with_the_answers_of_numpy(registry: Registry) -> None:
    rows = np.concatenate([ROWS, [[np.inf, 1, 1]]]).astype(np.float32)
    golden = publish(registry, "1", learned(), rows=rows).spec.golden
    assert golden is not None
    assert golden.rows == ((None, None, None), (100, 40, 7), (150, 40, 7), (100, 50, 9), (None, 30, None))
    values = np.array([-0.5, -0.5, 1.0, -0.75, -0.25])
    np.testing.assert_allclose(golden.predictions, 1 / (1 + np.exp(-values)), atol=1e-6)


def test_rows_of_another_width_are_refused(registry: Registry) -> None:
    with pytest.raises(ModelError, match=r"^learnt model: rows expected shape \(n, 3\), got \(4, 2\)$"):
        publish(registry, "1", learned(), rows=ROWS[:, :2])
    assert files(registry) == []


def test_a_spec_of_very_many_features_stays_small(registry: Registry) -> None:
    width = 30_000
    model = regression(
        features=tuple(f"h{i}" for i in range(width)),
        weights=np.ones((width, 1)),
        mean=np.zeros(width),
        scale=np.ones(width),
    )
    golden = publish(registry, "1", learned(model=model)).spec.golden
    assert golden is not None
    assert len(golden.rows) == 1


def test_the_baseline_is_made_of_the_loaded_model(registry: Registry) -> None:
    spec = publish(registry, "1", learned(), baseline=lambda model: {"of": model.spec.version}).spec
    assert spec.baseline == {"of": "1.0.0"}


def test_publishing_again_writes_nothing(registry: Registry) -> None:
    first = publish(registry, "1.0.7", learned(7))
    before = files(registry)
    later = publish_learned(registry, "fraud", "1.0.7", learned(7), created_at=NOW + dt.timedelta(hours=1))
    assert (later.spec, later.is_new, files(registry)) == (first.spec, False, before)


def test_a_job_that_lost_its_state_finds_its_versions(registry: Registry) -> None:
    """It began a new series, went on from what it had promoted itself, and reads the same events."""
    first = publish(registry, "1.0.7", learned(7))
    publish(registry, "1.0.8", learned(8))
    before = files(registry)
    again = publish(registry, "1.1.7", learned(7, parent="1.0.8"))
    assert (again.spec, again.is_new, files(registry)) == (first.spec, False, before)
    assert publish(registry, "1.1.9", learned(9)).spec.version == "1.1.9"


@pytest.mark.parametrize("change", [{"job": "other"}, {"settings": {}}, {"updates": 5}], ids=str)
def test_the_same_arrays_of_other_rows_are_another_version(registry: Registry, change: dict[str, Any]) -> None:
    publish(registry, "1.0.7", learned(7))
    assert publish(registry, "1.1.7", learned(7, **change)).is_new


def test_other_arrays_of_the_same_rows_are_another_version(registry: Registry) -> None:
    publish(registry, "1.0.7", learned(7))
    assert publish(registry, "1.1.7", learned(7, model=linear())).is_new


def test_the_border_of_a_margin_is_zero(registry: Registry) -> None:
    spec = publish(registry, "1.0.7", learned(7, model=KINDS["sign"]())).spec
    assert (spec.task, spec.threshold) == ("binary", 0.0)
    assert publish(registry, "1.0.8", learned(8)).spec.threshold is None


def test_the_same_arrays_in_another_slot_are_another_version(registry: Registry) -> None:
    publish(registry, "1.0.7", learned(7))
    assert publish(registry, "1.0.8", learned(7)).is_new


def test_a_version_with_another_file_is_refused(registry: Registry) -> None:
    publish(registry, "1.0.7", learned(7))
    before = files(registry)
    want = (
        r"^model fraud@1\.0\.7 is in .*registry with another file: expected sha256 [0-9a-f]{64}, got [0-9a-f]{64}; two "
        r"jobs learn this model, or one began anew: give each a model name, or begin a new series$"
    )
    with pytest.raises(ModelError, match=want):
        publish(registry, "1.0.7", learned(8))
    assert files(registry) == before


def test_of_two_writers_of_one_model_both_get_it(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    original = registry.publish

    def overtaken(spec: ModelSpec, file: Path) -> ModelSpec:
        original(spec.model_copy(update={"description": "the other's"}), file)
        return original(spec, file)

    monkeypatch.setattr(registry, "publish", overtaken)
    found = publish(registry, "1.0.7", learned(7))
    assert (found.is_new, found.spec.description) == (False, "the other's")


def test_a_store_that_writes_and_does_not_say_so_has_the_version(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = registry.store.create

    def silent(path: str, content: bytes | Path) -> bool:
        create(path, content)
        if path.endswith("model.json"):
            raise RegistryError(registry.url, "write", "no answer in time", "check the network")
        return True

    monkeypatch.setattr(registry.store, "create", silent)
    found = publish(registry, "1.0.7", learned(7))
    assert (found.is_new, found.spec) == (False, registry.spec("fraud", "1.0.7"))


def test_a_file_that_scores_otherwise_is_not_published(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.learned.publish.onnx_bytes", lambda model: other)
    from models.learned.onnx_graph import onnx_bytes

    other = onnx_bytes(linear(bias=[3.0]))
    with pytest.raises(ModelError, match=r"expected 0\.377\S* for golden row 0, got 0\.952\S*; the golden rows are"):
        publish(registry, "1.0.7", learned(model=linear()))
    assert files(registry) == []


@pytest.mark.parametrize("writes", [0, 1])
def test_a_killed_writer_leaves_nothing_visible_and_is_repeated(settings: ModelRegistrySettings, writes: int) -> None:
    command = [sys.executable, str(PUBLISHER), settings.model_dump_json(by_alias=True), str(writes)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    registry = open_registry(settings)
    assert registry.versions("fraud") == ()
    assert [path.rpartition("/")[2] for path in files(registry)] == ["model.onnx"] * writes
    found = publish(registry, "1.0.7", learned(7))
    assert (found.is_new, found.spec.file, found.spec.version) == (True, "model.onnx", "1.0.7")
    assert not publish(open_registry(settings), "1.0.7", learned(7)).is_new


@pytest.mark.parametrize("writes", [0, 1])
def test_a_store_that_goes_down_is_an_error_and_nothing_else(
    settings: ModelRegistrySettings, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    registry = open_registry(settings)
    create, left = registry.store.create, [writes]

    def failing(path: str, content: bytes | Path) -> bool:
        if not left[0]:
            raise RegistryError(registry.url, "write", "no answer in time", "check the network")
        left[0] -= 1
        return create(path, content)

    monkeypatch.setattr(registry.store, "create", failing)
    with pytest.raises(RegistryError, match="cannot write: no answer in time"):
        publish(registry, "1.0.7", learned(7))
    monkeypatch.setattr(registry.store, "create", create)
    assert registry.versions("fraud") == ()
    assert publish(registry, "1.0.7", learned(7)).is_new
