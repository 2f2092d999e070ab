from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from gress.cli.run_request import run_request
from jobs.run_folder.row_counts import Counts
from jobs.run_folder.summary import summary_of_counts
from jobs.runs.endless import StopResult
from jobs.runs.prepare import RunRequest
from tests.support.commands import Run
from tests.support.fraud_config import FEATURES, write_fraud_config
from tests.support.small_model import write_model
from udfs.features import FEATURES as FEATURE_TYPES


@pytest.fixture
def gress(command_line: Run, tmp_path: Path) -> Run:
    (tmp_path / "in.jsonl").write_text("{}\n")
    return command_line


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_fraud_config(tmp_path / "config")


def assert_refused(answer: tuple[int, str, str], text: str, output: Path) -> None:
    """One line on standard error, exit code 2, and nothing written."""
    code, out, err = answer
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert text in err
    assert not output.exists()


def test_unknown_job_is_refused(gress: Run, tmp_path: Path) -> None:
    answer = gress("run", "fraud-detektion", "--input", "in.jsonl")
    assert_refused(answer, "nearest valid name 'fraud-detection'", tmp_path / "out")


@pytest.mark.parametrize("command", [("run",), ("features", "export")], ids=" ".join)
def test_missing_input_is_refused(command: tuple[str, ...], gress: Run, config: Path, tmp_path: Path) -> None:
    answer = gress(*command, "fraud-detection", "--input", "no.csv", "--config", config, "--output", "x")
    assert_refused(
        answer,
        "input no.csv: expected a file, a folder of files or a pattern, got nothing there",
        tmp_path / "x",
    )
    assert not list(tmp_path.glob(".x*"))


def test_unknown_setting_is_refused(gress: Run, config: Path, tmp_path: Path) -> None:
    answer = gress("run", "fraud-detection", "--input", "in.jsonl", "--config", config, "--set", "job.inferense.x=1")
    assert_refused(answer, "nearest valid name 'inference'", tmp_path / "out")


def test_unknown_profile_is_refused(gress: Run, config: Path, tmp_path: Path) -> None:
    answer = gress("run", "fraud-detection", "--input", "in.jsonl", "--config", config, "--profile", "fast")
    assert_refused(
        answer,
        "execution.profile (from --set execution.profile): expected 'throughput' or 'latency', got 'fast'",
        tmp_path / "out",
    )


def test_missing_config_is_refused(gress: Run, tmp_path: Path) -> None:
    answer = gress("run", "fraud-detection", "--input", "in.jsonl", "--config", "nowhere.yaml")
    assert_refused(answer, "nowhere.yaml: expected", tmp_path / "out")


def test_model_of_another_width_is_refused(gress: Run, tmp_path: Path) -> None:
    config = write_fraud_config(tmp_path / "wide", model=write_model(tmp_path / "model", width=9))
    answer = gress("run", "fraud-detection", "--input", "in.jsonl", "--config", config)
    assert_refused(answer, "wants input 'x' float32 (n, 9), got (n, 6)", tmp_path / "out")


def test_corrupt_model_is_refused(gress: Run, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"\0" * 100)
    config = write_fraud_config(tmp_path / "corrupt", model=tmp_path / "model.onnx")
    answer = gress("run", "fraud-detection", "--input", "in.jsonl", "--config", config)
    assert_refused(answer, "model.onnx", tmp_path / "out")


def test_output_in_use_is_refused_and_kept(gress: Run, config: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    code, _, err = gress("run", "fraud-detection", "--input", "in.jsonl", "--config", config)
    assert (code, err) == (2, "output out: expected a new or empty folder, got one in use; name another\n")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


def test_export_over_a_file_is_refused(gress: Run, config: Path, tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_text("mine")
    given = ("features", "export", "fraud-detection", "--input", "in.jsonl", "--config", config)
    code, _, err = gress(*given, "--output", "x.parquet")
    assert (code, err) == (2, "output x.parquet: expected a new file, got one that exists; add --overwrite\n")
    assert (tmp_path / "x.parquet").read_text() == "mine"


def test_export_into_no_folder_is_refused(gress: Run, config: Path, tmp_path: Path) -> None:
    given = ("features", "export", "fraud-detection", "--input", "in.jsonl", "--config", config)
    answer = gress(*given, "--output", "no/x.parquet")
    assert_refused(answer, "output no/x.parquet: expected a file in a folder that exists", tmp_path / "no")


def test_jobs_are_listed(gress: Run) -> None:
    code, out, _ = gress("jobs", "list")
    assert code == 0
    assert "fraud-detection" in out
    assert "fraud_detection.yaml" in out


def test_features_are_explained(gress: Run, config: Path) -> None:
    code, out, _ = gress("features", "explain", "fraud-detection", "--config", config)
    assert code == 0
    assert f"card-fraud: {len(FEATURES)} columns, hash" in out
    assert all(name[:20] in out for name in FEATURES)


def test_settings_in_effect_are_shown(gress: Run, config: Path) -> None:
    code, out, err = gress("config", "check", config, "--set", "execution.parallelism=7")
    assert (code, err) == (0, f"{config}: a run would start with these settings\n")
    assert "parallelism: 7" in out


def test_wrong_feature_is_refused_by_config_check(gress: Run, config: Path, tmp_path: Path) -> None:
    answer = gress("config", "check", config, "--set", "job.features.specs.0.source=TX_AMONT")
    assert_refused(answer, "TX_AMONT", tmp_path / "out")


@pytest.mark.parametrize("arguments", [(), ("features",), ("jobs",), ("config",)], ids=" ".join)
def test_command_alone_shows_what_there_is(arguments: tuple[str, ...], gress: Run) -> None:
    _, out, err = gress(*arguments)
    assert "Usage" in out + err


def test_one_type_of_feature_is_shown(gress: Run) -> None:
    code, out, _ = gress("features", "types", "normalize")
    assert code == 0
    assert "- {name: x, type: normalize, source: amount, parameters: {min: 0, max: 100}}" in out
    assert all(text in out for text in ("null -> NaN", "Value that becomes 0.", "(amount - 0) / 100"))
    assert "standardize" not in out
    assert [json.loads(gress("features", "types", "log", "--json")[1])["type"]] == ["log"]


def test_types_of_features_are_listed(gress: Run) -> None:
    code, out, _ = gress("features", "types")
    assert code == 0
    assert all(kind in out for kind in FEATURE_TYPES)


def test_unknown_type_of_feature_is_refused(gress: Run, tmp_path: Path) -> None:
    answer = gress("features", "types", "normalise")
    assert_refused(answer, "expected a known type, got 'normalise'; nearest valid name 'normalize'", tmp_path / "out")


def test_features_list_shows_every_type_with_its_parameters(gress: Run) -> None:
    code, out, _ = gress("features", "list")
    assert code == 0
    assert all(kind in out for kind in FEATURE_TYPES)
    code, out, _ = gress("features", "list", "--json")
    found = {each["type"]: each for each in json.loads(out)["features"]}
    assert code == 0
    assert list(found) == list(FEATURE_TYPES)
    assert [each["name"] for each in found["normalize"]["parameters"]] == ["min", "max", "clip"]
    assert found["normalize"]["columns"][0]["formula"] == "(amount - 0) / 100"


def test_a_command_is_all_that_its_jvm_runs() -> None:
    assert run_request("fraud-detection", Path("out"), None, None, None, None).is_all
    assert not RunRequest("fraud-detection", Path("out")).is_all


@pytest.mark.parametrize(("savepoint", "wanted"), [("file:/savepoint-1", 0), (None, 1)], ids=["saved", "lost"])
def test_exit_code_says_whether_a_stopped_run_left_its_state(
    savepoint: str | None, wanted: int, gress: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = Counts(rows=7, alerts=0, dead_letters=0, seconds=1.0, start_s=0.5, predictions=7)
    stopped = StopResult(savepoint, summary_of_counts(counts, job="j", reasons={}))
    monkeypatch.setattr("jobs.runs.launch.run", lambda *_: stopped)
    code, out, err = gress("run", "fraud-detection")
    assert (code, err) == (wanted, "")
    said = "its state is in file:/savepoint-1; go on with --resume" if savepoint else "without a savepoint"
    assert f"stopped; {said}" in out


def test_traceback_shows_no_values() -> None:
    from gress.cli.main import app

    assert app.pretty_exceptions_show_locals is False


@pytest.mark.parametrize("name", ["/data/out/x.json", None], ids=["named", "unnamed"])
def test_full_disk_is_one_line(command_line: Run, monkeypatch: pytest.MonkeyPatch, name: str | None) -> None:
    def write(**_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)

    monkeypatch.setattr("gress.cli.main.app", write)
    code, out, err = command_line("run", "fraud-detection")
    assert (code, out) == (1, "")
    assert err == f"{name or 'a file'}: cannot be written: No space left on device; make room there\n"


LONG = "a" * 9_000


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("run", "fraud-detection", "--input", LONG), "expected a path that this system can hold, got a longer one"),
        (
            ("run", "fraud-detection", "--config", f"{LONG}.yaml"),
            "expected a readable YAML file, got file name too long",
        ),
        (("features", "types", LONG), "expected a known type, got 'aaaa"),
        (("run", f"\x1b[31m{LONG}"), "whatever its job.name"),
    ],
    ids=["input", "config", "type", "job"],
)
def test_a_long_argument_is_refused_by_a_short_line(
    arguments: tuple[str, ...], expected: str, gress: Run, tmp_path: Path
) -> None:
    code, out, err = gress(*arguments, *(("--output", str(tmp_path / "out")) if arguments[0] == "run" else ()))
    (line,) = err.splitlines()
    assert (code, out) == (2, "")
    assert expected in line
    assert line.isprintable()
    assert len(line) < 2_100
