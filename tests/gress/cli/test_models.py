"""`gress models`, run in this process."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from models.registry import local_registry
from models.scoring.batch_times import time_batches
from tests.support.commands import Answer, Run, answer_of, refusal_of
from tests.support.feature_files import exported
from tests.support.fraud_config import STATELESS, write_fraud_config
from tests.support.raw_models import write_three_inputs
from tests.support.sample_models import onnx_net, onnx_two_ports
from tests.support.tiny_models import linear, write_linear

SECRET = "hunter2hunter2"
ISO_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@pytest.fixture
def run(command_line: Run) -> Run:
    return partial(command_line, "models")


@pytest.fixture
def gress(run: Run) -> Answer:
    return partial(answer_of, run)


@pytest.fixture
def refused(run: Run) -> Answer:
    return partial(refusal_of, run)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_linear(tmp_path / "trained")


@pytest.fixture
def three(gress: Answer, file: Path) -> None:
    for version in ("1", "2", "3"):
        gress("register", file, "--name", "m", "--version", version)


def written(text: str) -> Any:
    """The one document that a command printed."""
    return json.loads(text)


def test_registered_models_are_listed_from_the_default_folder(gress: Answer, file: Path, tmp_path: Path) -> None:
    given = ("--name", "m", "--version", "v1", "--tags", "eu, card", "--tag", "new", "--threshold", 0.5)
    out = gress("register", file, *given, "--description", "a linear model")
    assert "m@1.0.0" in out
    assert "a linear model" in out
    assert local_registry(tmp_path / "models").spec("m").tags == ("eu", "card", "new")
    out = gress("list")
    assert re.search(r"m +│ 1 +│ 1\.0\.0 +│ +│ +│ 1 registered", out)
    assert re.search(r"1\.0\.0 +│ registered +│ onnx", gress("list", "m"))


def test_times_are_shown_in_utc(gress: Answer, file: Path) -> None:
    made = {"name": "m", "version": "1", "created_at": "2024-03-01T00:30:00+01:00"}
    file.with_name("model.json").write_text(json.dumps(made))
    gress("register", file)
    assert "2024-02-29 23:30" in gress("list", "m")
    assert written(gress("list", "m", "--json"))["versions"][0]["created_at"] == "2024-03-01T00:30:00+01:00"


def test_golden_rows_are_registered_and_validated(gress: Answer, file: Path, tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.table({"a": [1.0], "b": [0.5], "c": [2.0], "prediction": linear([[1.0, 0.5, 2.0]])})
    parquet.write_table(table, tmp_path / "rows.parquet")
    gress("register", file, "--name", "m", "--version", "1", "--golden", "rows.parquet")
    out = gress("validate", "m")
    assert out.startswith("m@1.0.0: valid: checksum, inputs, outputs, golden rows (1); loaded in ")
    assert gress("validate", "m", "1").endswith("; it had passed before\n")
    document = written(gress("validate", "m", "--by", "ann", "--json"))
    assert (document["golden_rows"], document["is_new"]) == (1, False)
    assert "validated" in gress("show", "m")


def test_classes_and_task_are_registered(gress: Answer, tmp_path: Path) -> None:
    given = ("--name", "m", "--version", "1", "--classes", "no,yes", "--task", "binary", "--json")
    spec = written(gress("register", onnx_net()(tmp_path), *given))["spec"]
    assert (spec["classes"], spec["task"], spec["tags"]) == (["no", "yes"], "binary", [])


def test_outputs_are_chosen_and_shown(gress: Answer, refused: Answer, tmp_path: Path) -> None:
    file = onnx_two_ports(tmp_path)
    given = ("register", file, "--name", "m", "--version")
    out = gress(*given, "1", "--task", "multiclass")
    assert re.search(r"prediction +│ highest score \(--positive-class names another class\)", out)
    assert re.search(r"scores +│ probabilities +│", out)
    assert re.search(r"label +│ none", out)
    assert re.search(r"prediction +│ total +│\n.* scores +│ none", gress(*given, "2", "--prediction", "total"))
    chosen = ("--scores", "probabilities", "--task", "multiclass", "--classes", "a,b,c", "--positive-class", "b")
    spec = written(gress(*given, "3", *chosen, "--json"))["spec"]
    assert spec["roles"] == {"prediction": None, "scores": ["probabilities"], "label": None, "positive_class": "b"}
    text = refused(*given, "4", "--prediction", "probabilities")
    assert "has output 'probabilities' as float32 (n, 3), expected one number a row" in text
    assert "an output with a number for each class goes to --scores" in text


def test_training_rows_name_the_features(gress: Answer, file: Path, tmp_path: Path) -> None:
    rows = exported(tmp_path / "rows.parquet", *"abc")
    for version, option in (("1", "--baseline"), ("2", "--features")):
        spec = written(gress("register", file, "--name", "m", "--version", version, option, rows, "--json"))["spec"]
        assert (spec["feature_columns"], spec["feature_set_hash"]) == (["a", "b", "c"], "ab12")
        assert (spec["baseline"] is not None) == (option == "--baseline")


def test_a_model_is_validated_for_a_job(gress: Answer, refused: Answer, file: Path, tmp_path: Path) -> None:
    config = write_fraud_config(tmp_path / "job", features=STATELESS)
    gress("register", file, "--name", "m", "--version", "1")
    given = ("validate", "m", "1", "--registry", "models", "--job", "fraud-detection")
    out = gress(*given, "--config", config)
    assert "valid: checksum, inputs, outputs, features of fraud-detection, no golden rows there" in out
    assert "wants input 'x' float32 (n, 3), got (n, 21)" in refused(*given)
    gress("register", file, "--name", "m", "--version", "2", "--features", exported(tmp_path / "f.parquet", *"abc"))
    text = refused("validate", "m", "2", "--registry", "models", "--job", "fraud-detection", "--config", config)
    assert "was trained on 3 columns, the job's features have 3; missing columns 'a', 'b', 'c'" in text
    assert "job 'fraud': expected one of fraud-detection" in refused("validate", "m", "--job", "fraud")


def test_raw_fields_are_shown_and_compared_with_a_job(gress: Answer, refused: Answer, tmp_path: Path) -> None:
    file = write_three_inputs(tmp_path / "raw", features=len(STATELESS))
    assert re.search(r"raw fields +│? *merchant, user_id", gress("register", file, "--name", "m", "--version", "1"))
    config = write_fraud_config(tmp_path / "job", features=STATELESS)
    text = refused("validate", "m", "--registry", "models", "--job", "fraud-detection", "--config", config)
    assert "wants input 'merchant' string (n, 1), got neither a feature nor a field 'merchant' of the job's" in text


@pytest.mark.usefixtures("three")
def test_a_model_is_promoted_and_rolled_back(gress: Answer) -> None:
    assert gress("promote", "m", "1", "--by", "ann") == "m: promoted to 1.0.0 in generation 1\n"
    out = gress("promote", "m", "v2", "--by", "bob", "--why", "fewer frauds missed")
    assert out == "m: promoted to 2.0.0 in generation 2; rollback goes to 1.0.0\n"
    assert gress("rollback", "m", "--by", "cy") == "m: rolled back to 1.0.0 in generation 3\n"
    out = gress("history", "m")
    assert re.search(
        r"2 +│ \d{4}-\d\d-\d\d \d\d:\d\d +│ promote +│ 2\.0\.0 +│ 1\.0\.0 +│ bob +│ fewer frauds missed", out
    )
    assert re.search(r"3 +│ \S+ \S+ +│ rollback +│ 1\.0\.0", out)


@pytest.mark.usefixtures("three")
def test_rejections_are_shown_in_history(gress: Answer, tmp_path: Path) -> None:
    gress("promote", "m", "2")
    local_registry(tmp_path / "models").record("m", "2", "rejected", reason="too slow", by="job", generation=1)
    assert "2.0.0 by job: too slow" in gress("history", "m")
    assert re.search(r"rejected +│ .* by job in generation 1: too slow", gress("show", "m", "2"))
    [found] = written(gress("history", "m", "--json"))["history"][0]["rejections"]
    assert (found["version"], found["reason"]) == ("2.0.0", "too slow")


@pytest.mark.usefixtures("three")
def test_versions_are_retired_and_deleted(gress: Answer) -> None:
    gress("promote", "m", "3")
    assert gress("retire", "m", "v1", "--why", "old") == "m@1.0.0: retired\n"
    assert written(gress("retire", "m", "2", "--delete", "--json"))["state"] == "deleted"
    assert [each["state"] for each in written(gress("list", "m", "--json"))["versions"]] == ["retired", "deployed"]


@pytest.mark.usefixtures("three")
def test_versions_are_pulled(gress: Answer, tmp_path: Path) -> None:
    assert gress("pull", "m", "--output", "copy") == "m@3.0.0: copy/m/3.0.0\n"
    document = written(gress("pull", "m", "1", "--output", "copy", "--json"))
    assert (document["version"], document["path"]) == ("1.0.0", "copy/m/1.0.0")
    assert re.search(r"m +│ 2 +│ 3\.0\.0", gress("list", "--registry", "copy"))


KEYS = {
    ("list",): {"registry", "models"},
    ("list", "m"): {"registry", "name", "versions"},
    ("show", "m"): {"registry", "name", "version", "state", "spec", "records"},
    ("history", "m"): {"registry", "name", "history"},
    ("validate", "m"): {
        *("registry", "name", "version", "sha256", "size_bytes"),
        *("job", "golden_rows", "load_ms", "row_ms", "is_new"),
    },
    ("promote", "m", "2"): {
        *("registry", "name", "generation", "primary", "primary_since", "previous", "experiment", "experiments"),
        *("action", "by", "why", "at", "id", "format_version", "pinned_jobs"),
    },
}


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(("command", "keys"), KEYS.items(), ids=[" ".join(command) for command in KEYS])
def test_programs_get_one_document_with_stable_keys(command: tuple[str, ...], keys: set[str], gress: Answer) -> None:
    gress("promote", "m", "1", "--by", "ann")
    document = written(gress(*command, "--json"))
    assert set(document) == keys
    times = re.findall(r'"(?:at|created_at)": "([^"]*)"', json.dumps(document))
    assert all(ISO_UTC.fullmatch(time) for time in times)


@pytest.mark.usefixtures("three")
def test_list_shows_the_texts_of_the_settings(gress: Answer, tmp_path: Path) -> None:
    entry = "{name: m, version: 1.0.0, type: onnx, tags: {team: risk}, description: for weekends}"
    (tmp_path / "job.yaml").write_text(f"ml: {{models: [{entry}]}}", "utf-8")
    listed = written(gress("list", "m", "--config", tmp_path / "job.yaml", "--json"))["versions"]
    assert listed[0]["tags"][-1:] == ["team=risk"]
    assert [version["description"] for version in listed[:1]] == ["for weekends"]
    assert "team=risk" not in listed[1]["tags"]


@pytest.mark.usefixtures("three")
def test_list_and_history_have_stable_entries(gress: Answer) -> None:
    gress("promote", "m", "1", "--by", "ann")
    [model] = written(gress("list", "--json"))["models"]
    assert model == {
        "name": "m",
        "versions": 3,
        "latest": "3.0.0",
        "primary": "1.0.0",
        "previous": None,
        "generation": 1,
        "states": {"deployed": 1, "registered": 2},
    }
    version = written(gress("list", "m", "--json"))["versions"][0]
    assert set(version) == {
        *("name", "version", "state", "type", "task", "size_bytes", "feature_set", "created_at", "tags", "description")
    }
    [generation] = written(gress("history", "m", "--json"))["history"]
    assert set(generation) == {
        *("generation", "action", "primary", "previous", "experiment", "by", "why", "at", "rejections")
    }


REFUSED = [
    (("list", "n"), "has no model 'n'; it has m"),
    (("show", "n"), "has no model 'n'; it has m"),
    (("show", "m", "9"), "model m has no version 9.0.0 in"),
    (("promote", "m", ""), "model m cannot be promoted without a version; it has 1.0.0, 2.0.0, 3.0.0"),
    (("promote", "m", "9"), "model m has no version 9.0.0 in"),
    (("rollback", "m"), "model m cannot be rolled back: it was never promoted"),
    (("retire", "m", "3"), "model m@3.0.0 cannot be retired: it serves, as the highest version"),
    (("register", "gone.onnx", "--name", "m", "--version", "4"), "gone.onnx"),
    (("register", "gone.onnx"), "model file gone.onnx has no name; give one"),
    (("list", "--registry", "nowhere"), "/nowhere is not a folder; check model_registry.base_path; `gress models"),
    (("list", "--registry", ""), "--registry: ml.model_registry.base_path: expected text that is not empty, got ''"),
    (("list", "--registry", "ftp://host/m"), "has scheme ftp://; expected a folder, file:// or one of s3"),
    (("list", "--registry", "package:no_such"), "no installed package 'no_such'"),
    (("list", "--set", "ml.model_registry.tipe=s3"), "nearest valid name 'type'"),
    (("list", "--config", "nowhere.yaml"), "nowhere.yaml: expected a readable YAML file"),
]


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(("command", "text"), REFUSED, ids=[" ".join(command) for command, _ in REFUSED])
def test_what_cannot_be_done_is_one_line(command: tuple[str, ...], text: str, refused: Answer) -> None:
    assert text in refused(*command)
    assert text in refused(*command, "--json")


@pytest.mark.parametrize(
    "place", [f"s3://me:{SECRET}@bucket/models", f"s3://bucket/models?X-Amz-Signature={SECRET}"], ids=["user", "query"]
)
def test_credentials_in_a_url_are_refused_unseen(place: str, refused: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    line = refused("list", "--registry", place)
    assert line == (
        "--registry: ml.model_registry.base_path: expected a path, or a URL without '@', '?' and '#', "
        "got a hidden value; credentials come from the environment or the cloud's own chain, never from settings\n"
    )
    assert SECRET not in refused("list", "--set", f"ml.model_registry.base_path={place}")
    monkeypatch.setenv("GRESS_ML__MODEL_REGISTRY__BASE_PATH", place)
    assert SECRET not in refused("list")


def test_the_registry_comes_from_a_file_and_the_option_wins(gress: Answer, file: Path, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("ml: {model_registry: {base_path: first}}")
    gress("register", file, "--name", "m", "--version", "1", "--config", "c.yaml")
    gress("register", file, "--name", "n", "--version", "1", "--config", "c.yaml", "--registry", "second")
    gress("register", file, "--name", "o", "--version", "1", "--set", "ml.model_registry.base_path=third")
    names = [local_registry(tmp_path / folder).names() for folder in ("first", "second", "third")]
    assert names == [("m",), ("n",), ("o",)]


def test_a_registry_given_keeps_the_settings_of_the_environment(
    gress: Answer, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []

    def note(settings: Any) -> Any:
        opened.append(settings)
        return local_registry(tmp_path / "any")

    monkeypatch.setattr("models.registry.open_registry", note)
    monkeypatch.setenv("GRESS_ML__MODEL_REGISTRY__S3_ENDPOINT", "http://store:9000")
    monkeypatch.setenv("GRESS_ML__MODEL_REGISTRY__TYPE", "s3")
    gress("register", file, "--name", "m", "--version", "1", "--registry", "s3://bucket/x")
    gress("list", "--registry", "folder")
    remote, folder = opened
    assert (remote.base_path, remote.s3_endpoint) == ("s3://bucket/x", "http://store:9000")
    assert (folder.base_path, folder.type) == ("folder", "local")


def test_an_object_store_is_a_registry(gress: Answer, file: Path, tmp_path: Path) -> None:
    where = ("--registry", "memory://cli", "--set", f"ml.model_registry.cache_dir={tmp_path / 'cache'}")
    gress("register", file, "--name", "m", "--version", "1", *where)
    assert gress("promote", "m", "1", *where).startswith("m: promoted to 1.0.0 in generation 1")
    assert written(gress("list", *where, "--json"))["registry"] == "memory://cli"
    assert gress("pull", "m", "--output", "copy", *where) == "m@1.0.0: copy/m/1.0.0\n"


def test_command_alone_shows_what_there_is(run: Callable[..., tuple[int, str, str]]) -> None:
    _, out, err = run()
    assert "promote" in out + err


def test_registries_that_settings_in_reach_name_are_told(
    run: Callable[..., tuple[int, str, str]], file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "job.yaml").write_text("ml: {model_registry: {base_path: registry}}")
    (tmp_path / "compose.yaml").write_text("services: {}")
    given = ("register", file, "--name", "m", "--version")
    note = (
        f"note: conf/job.yaml names another registry, registry; its jobs do not look into {tmp_path}/models: "
        "to use theirs, add --config conf/job.yaml\n"
    )
    code, out, err = run(*given, "1")
    assert (code, err) == (0, note)
    # A long path is broken over lines.
    assert f"m@1.0.0in{tmp_path}/models" in "".join(out.split())
    # A model that is not there may be in the other registry.
    code, _, err = run("show", "other")
    assert (code, err.count("\n")) == (2, 2)
    assert note in err
    # A command that names a registry, or settings that name the one in use, get no note.
    for chosen in (("--registry", "models"), ("--config", "conf/job.yaml"), ("--set", "ml.model_registry.base_path=x")):
        assert "note:" not in run("list", *chosen)[2]
    (tmp_path / "other.yaml").write_text("ml: {model_registry: {base_path: ./models}}")
    assert run("list")[2] == ""
    (tmp_path / "other.yaml").unlink()
    monkeypatch.setenv("GRESS_ML__MODEL_REGISTRY__BASE_PATH", "models")
    assert run("list")[2] == ""


def test_batch_names_the_smallest_size_that_is_about_as_fast_as_any(
    gress: Answer, three: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[float] = []

    def few(prepare: Any, *, limit_s: float) -> Any:
        limits.append(limit_s)
        return time_batches(prepare, (1, 200), limit_s=limit_s, budget_s=0)

    monkeypatch.setattr("gress.time_version.time_batches", few)
    out = gress("batch", "m", "2")
    assert "m@2.0.0 on cpu" in out
    assert re.search(r"\n *job\.inference\.batch_size: (1|200)\n", f"\n{out}\n")
    asked = ("--set", "ml.inference.enable_gpu=true", "--set", "ml.inference.max_latency=7ms")
    found = written(gress("batch", "m", *asked, "--json"))
    assert limits == [0.1, 0.007]
    assert (found["version"], [each["rows"] for each in found["batches"]]) == ("3.0.0", [1, 200])
    assert (found["device"] == "cpu") == (found["gpu_problem"] is not None)
