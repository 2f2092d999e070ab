from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from conf.errors import ConfigError
from jobs.errors import JobError
from jobs.runs.prepare import MARKER, RunRequest, claim, prepare
from models.errors import ModelError
from tests.support.experiment_runs import SPLIT
from tests.support.experiment_runs import overrides as experiment_overrides
from tests.support.fraud_config import FEATURES, write_fraud_config
from tests.support.small_model import write_model

Prepare = Callable[..., object]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The fraud job's settings with a model of their width."""
    return write_fraud_config(tmp_path / "config")


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


def test_generated_input_is_written_into_the_output(request_of: Callable[..., RunRequest], tmp_path: Path) -> None:
    prepared = prepare(request_of(input="generator:days=1,customers=20,terminals=50"), needs_model=True)
    assert prepared.files.paths == (tmp_path / "out" / "input.jsonl",)
    assert prepared.files.count_events() > 0


@pytest.mark.parametrize(
    ("changed", "error", "text"),
    [
        ({"input": "nowhere.jsonl"}, JobError, "input nowhere.jsonl: expected a file, .* got nothing there"),
        ({"input": "generator:day=1"}, JobError, "expected options days, .*, got 'day'"),
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


def test_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JobError, match=r"file/out: expected a folder that can be made and written, got .*Not a direct"):
        claim(tmp_path / "file" / "out", is_overwriting=False)


def test_folder_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(JobError, match="expected a new or empty folder, got one in use; name another"):
        claim(tmp_path, is_overwriting=False)


def test_folder_of_a_run_may_be_gone_on_from_or_overwritten(tmp_path: Path) -> None:
    claim(tmp_path / "out", is_overwriting=False)
    with pytest.raises(JobError, match="got a run's; add --resume or --overwrite"):
        claim(tmp_path / "out", is_overwriting=False)
    claim(tmp_path / "out", is_overwriting=True)


@pytest.mark.parametrize("is_file", [True, False], ids=["file", "folder"])
def test_what_no_run_wrote_is_never_removed(is_file: bool, tmp_path: Path) -> None:
    output = tmp_path / "out"
    if is_file:
        output.write_text("mine")
    else:
        output.mkdir()
        (output / "mine").touch()
    with pytest.raises(JobError, match="expected a new or empty folder, got one in use; name another"):
        claim(output, is_overwriting=True)
    assert output.is_file() == is_file
    assert is_file or (output / "mine").exists()


def test_earlier_run_is_replaced_on_request(tmp_path: Path) -> None:
    output = tmp_path / "deep" / "out"
    claim(output, is_overwriting=False)
    (output / "predictions").mkdir()
    claim(output, is_overwriting=True)
    assert [path.name for path in output.iterdir()] == [MARKER]


def test_savepoint_of_a_stopped_run_is_not_overwritten(tmp_path: Path) -> None:
    claim(tmp_path / "out", is_overwriting=False)
    saved = tmp_path / "out" / "savepoints" / "savepoint-1" / "_metadata"
    saved.parent.mkdir(parents=True)
    saved.touch()
    with pytest.raises(JobError, match=r"--overwrite: .*expected no savepoint of a stopped run, got savepoint-1"):
        claim(tmp_path / "out", is_overwriting=True)
    assert saved.is_file()


@pytest.mark.parametrize("url", ["s3://bucket/out", "hdfs://host/out", "file:///tmp/out"])
def test_url_makes_no_local_folder(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(JobError, match=r"expected a folder of this machine, got a URL; name a local or mounted folder"):
        claim(Path(url), is_overwriting=False)
    assert list(tmp_path.iterdir()) == []


def test_of_two_runs_at_once_one_gets_the_folder(tmp_path: Path) -> None:
    start = threading.Barrier(8)
    answers: list[str] = []

    def take() -> None:
        start.wait()
        try:
            claim(tmp_path / "out", is_overwriting=False)
            answers.append("taken")
        except JobError:
            answers.append("refused")

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["refused"] * 7 + ["taken"]


def test_empty_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    claim(tmp_path, is_overwriting=False)
    assert (tmp_path / MARKER).is_file()


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


def test_experiment_that_can_hardly_be_meant_so_is_told(
    request_of: Callable[..., RunRequest], caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    overrides = experiment_overrides(tmp_path, len(FEATURES), SPLIT)
    twins = [each.replace("model_version: 3.0.0", "model_version: 2.0.0") for each in overrides]
    prepare(request_of(overrides=overrides), needs_model=False)
    assert "one model" not in caplog.text
    prepare(request_of(overrides=twins, is_overwriting=True), needs_model=False)
    assert "variants 'control' and 'treatment' are one model, fraud-detector@2.0.0" in caplog.text
