from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from conf.errors import ConfigError
from jobs.errors import JobError
from jobs.run_folder.claim import claim
from jobs.run_folder.owner import MARKER
from jobs.runs.prepare import RunRequest, prepare
from jobs.sources import generated
from models.errors import ModelError
from models.runtimes.gpu.open_session import OpenedSession, open_session
from models.runtimes.options import RuntimeOptions
from tests.support.experiment_runs import SPLIT
from tests.support.experiment_runs import overrides as experiment_overrides
from tests.support.fraud_config import FEATURES, write_fraud_config
from tests.support.small_model import write_model

Prepare = Callable[..., object]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The fraud job's settings with a model of their width."""
    return write_fraud_config(tmp_path / "config")


FOLLOWS = "job.features.specs=[{name: z, type: robust_z, source: TX_AMOUNT, parameters: {key: CUSTOMER_ID}}]"
LEARNS = [
    "ml.online_learning.enabled=true",
    "job.learning.registry={type: local, base_path: versions}",
    "execution.parallelism=1",
]


@pytest.fixture
def request_of(tmp_path: Path, config: Path) -> Callable[..., RunRequest]:
    (tmp_path / "in.jsonl").write_text("{}\n")

    def make(**changed: object) -> RunRequest:
        given = RunRequest("fraud-detection", tmp_path / "out", str(tmp_path / "in.jsonl"), config, environ={})
        return replace(given, **changed)  # type: ignore[arg-type]

    return make


def test_good_request_claims_its_folder(request_of: Callable[..., RunRequest], tmp_path: Path) -> None:
    prepared = prepare(request_of(), needs_model=True)
    assert prepared.files.paths == (tmp_path / "in.jsonl",)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [MARKER]


def test_client_leaves_gpus_to_the_workers(
    request_of: Callable[..., RunRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def opened(ort: object, content: bytes, settings: Callable[[], object], options: RuntimeOptions) -> OpenedSession:
        asked.append(options.enable_gpu)
        return open_session(ort, content, settings, replace(options, enable_gpu=False))

    monkeypatch.setattr("models.runtimes.onnx.open_session", opened)
    prepared = prepare(request_of(overrides=["ml.inference.enable_gpu=true"]), needs_model=True)
    assert set(asked) == {False}
    assert prepared.settings.ml.inference.enable_gpu, "workers are asked to use one"


def test_generated_input_is_written_into_the_output(request_of: Callable[..., RunRequest], tmp_path: Path) -> None:
    prepared = prepare(request_of(input="generator:days=1,customers=20,terminals=50"), needs_model=True)
    assert prepared.files.paths == (tmp_path / "out" / "input.jsonl",)
    assert prepared.files.count_events() > 0


def test_library_of_an_estimator_that_is_missing_is_named(
    request_of: Callable[..., RunRequest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRESS_STATE_KEY", "k" * 16)
    monkeypatch.setitem(sys.modules, "river", None)
    learner = "job.learning.learner={algorithm: river, estimator: river.linear_model.LogisticRegression}"
    text = r"job.learning.learner: .*river.*; pip install 'gress-ml\[river\]'$"
    with pytest.raises(JobError, match=text):
        prepare(request_of(overrides=[*LEARNS, learner]), needs_model=True)


def test_snapshots_of_another_registry_are_refused(
    request_of: Callable[..., RunRequest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    owner = tmp_path / "ml-checkpoints" / "fraud-detector-online" / "registry.txt"
    owner.parent.mkdir(parents=True)
    owner.write_text("/srv/others")
    with pytest.raises(JobError, match=r"ml.online_learning.checkpoint_dir: snapshots .* in '/srv/others', not in '"):
        prepare(request_of(overrides=LEARNS), needs_model=True)


@pytest.mark.parametrize(
    ("changed", "error", "text"),
    [
        ({"input": "nowhere.jsonl"}, JobError, "input nowhere.jsonl: expected a file, .* got nothing there"),
        ({"input": "generator:day=1"}, JobError, "expected options days, .*, got 'day'"),
        (
            {"input": "", "overrides": ["job.events.fields.TX_AMOUNT.source=amount"]},
            JobError,
            "input generator: expected a job that reads card transactions, got one that needs amount; name the file",
        ),
        ({"output_format": "avro"}, JobError, "format: expected json or parquet, got 'avro'"),
        (
            {"overrides": ["ml.enabled=false"]},
            JobError,
            "ml.enabled: expected true, got false; set it to true",
        ),
        ({"overrides": ["job.evnts.id=X"]}, ConfigError, "job.evnts.*nearest valid name 'events'"),
        (
            {"overrides": ["job.inference.feature_fields=[AMOUNT]"]},
            ModelError,
            "wants feature_fields that feature set 'card-fraud' does not have: AMOUNT; it has TX_AMOUNT, ",
        ),
        (
            {"overrides": ["job.inference.output_field=key"]},
            JobError,
            "job.inference.output_field: expected a name that no other column has, got 'key'",
        ),
        (
            {"overrides": ["job.events.allowed_lateness=1m", "execution.windows=sql"]},
            JobError,
            "job.events.allowed_lateness: expected 0s with execution.windows: sql, .* got 60000 ms; set execution",
        ),
        (
            {"overrides": [FOLLOWS, "execution.windows=sql"]},
            JobError,
            "execution.windows: expected sliding, as feature column 'z' follows a key, got 'sql'; set execution",
        ),
        (
            {"overrides": ["ml.online_learning.enabled=true"]},
            JobError,
            "job.learning.registry: expected one that versions can be written to, got .package:models.;",
        ),
        (
            {"overrides": [*LEARNS, "job.learning.shards=4", "execution.max_parallelism=2"]},
            JobError,
            "job.learning.shards: expected at most execution.max_parallelism, 2, got 4; take fewer shards",
        ),
        (
            {"overrides": [*LEARNS, "job.events.fields.label={type: long, required: false}", "job.learning.key=label"]},
            JobError,
            "job.learning.key: expected a field that no input or output of the model is named like, got 'label'; give",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_wrong_request_leaves_nothing_behind(
    changed: dict[str, object],
    error: type[Exception],
    text: str,
    request_of: Callable[..., RunRequest],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=text):
        prepare(request_of(**changed), needs_model=True)
    assert not (tmp_path / "out").exists()


def test_model_of_another_width_is_refused(request_of: Callable[..., RunRequest], tmp_path: Path) -> None:
    config = write_fraud_config(tmp_path / "wide", model=write_model(tmp_path / "model", width=9))
    with pytest.raises(
        ModelError, match=r"model fraud-detector@2\.0\.0 wants input 'x' float32 \(n, 9\), got \(n, 6\)"
    ):
        prepare(request_of(config=config), needs_model=True)
    assert not (tmp_path / "out").exists()


def test_corrupt_model_is_refused(request_of: Callable[..., RunRequest], tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(b"no model at all")
    config = write_fraud_config(tmp_path / "corrupt", model=model)
    with pytest.raises(ModelError, match=r"model file .*model\.onnx"):
        prepare(request_of(config=config), needs_model=True)
    assert not (tmp_path / "out").exists()


def test_export_needs_no_model(request_of: Callable[..., RunRequest], tmp_path: Path) -> None:
    config = write_fraud_config(tmp_path / "none", model=tmp_path / "missing.onnx")
    assert prepare(request_of(config=config), needs_model=False).job.name == "fraud-detection"


def test_input_inside_the_output_is_refused(request_of: Callable[..., RunRequest], tmp_path: Path) -> None:
    """Replacing the output would remove the input."""
    claim(tmp_path / "out", is_overwriting=False)
    (tmp_path / "out" / "in.jsonl").write_text("{}\n")
    given = request_of(input=str(tmp_path / "out" / "in.jsonl"), is_overwriting=True)
    with pytest.raises(JobError, match="expected a folder apart from the input, got the one it lies in"):
        prepare(given, needs_model=True)
    assert (tmp_path / "out" / "in.jsonl").exists()


def test_run_that_cannot_be_prepared_leaves_the_earlier_one(
    request_of: Callable[..., RunRequest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(request_of(), needs_model=False)
    (tmp_path / "out" / "summary.json").write_text("old")

    def fill_the_disk(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(generated, "write", fill_the_disk)
    given = request_of(input="generator:days=1,customers=20,terminals=50", is_overwriting=True)
    with pytest.raises(JobError, match=r"output .*out: expected a folder that can be written, got .*No space left"):
        prepare(given, needs_model=False)
    assert (tmp_path / "out" / "summary.json").read_text() == "old"


def test_a_model_that_does_not_say_its_features_is_one_line_of_warning(config: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from jobs.runs.prepare import RunRequest, prepare; "
        "where = Path(sys.argv[1]); (where / 'in.jsonl').write_text('{}\\n'); "
        "prepare(RunRequest('fraud-detection', where / 'out', str(where / 'in.jsonl'), Path(sys.argv[2]), environ={}), "
        "needs_model=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path, config], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("model fraud-detector@2.0.0 does not say which feature set it was trained on")


def test_a_feature_store_that_is_away_is_told_and_refuses_nothing(
    request_of: Callable[..., RunRequest], caplog: pytest.LogCaptureFixture
) -> None:
    store = ("enabled=true", "backend=redis", "redis_addr=127.0.0.1:1", "retries=0", "publish=[{entity: card}]")
    overrides = [f"ml.feature_store.{setting}" for setting in store]
    prepare(request_of(overrides=overrides), needs_model=False)
    assert "feature store" not in caplog.text
    prepare(request_of(overrides=overrides, is_overwriting=True), needs_model=True)
    assert "redis at 127.0.0.1:1 gives no answer (unreachable); the job waits with its predictions" in caplog.text


def test_experiment_that_can_hardly_be_meant_so_is_told(
    request_of: Callable[..., RunRequest], caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    overrides = experiment_overrides(tmp_path, len(FEATURES), SPLIT)
    twins = [each.replace("model_version: 3.0.0", "model_version: 2.0.0") for each in overrides]
    prepare(request_of(overrides=overrides), needs_model=False)
    assert "one model" not in caplog.text
    prepare(request_of(overrides=twins, is_overwriting=True), needs_model=False)
    assert "variants 'control' and 'treatment' are one model, fraud-detector@2.0.0" in caplog.text
