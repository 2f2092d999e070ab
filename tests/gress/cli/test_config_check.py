"""`gress config check` refuses what `gress run` refuses, and names every problem."""

from __future__ import annotations

from pathlib import Path

import pytest

from gress.cli.main import main
from gress.config_check import check_settings
from jobs.errors import JobError
from jobs.runs.prepare import RunRequest, prepare
from models.lifecycle import register
from models.registry import local_registry
from tests.support.fraud_config import write_fraud_config
from tests.support.small_model import write_model


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_fraud_config(tmp_path / "config")


def texts(config: Path, *overrides: str) -> str:
    return "\n".join(map(str, check_settings(config, overrides)[1]))


def test_good_settings_have_no_problem(config: Path) -> None:
    assert texts(config) == ""


@pytest.mark.parametrize(
    "override",
    [
        "ml.enabled=false",
        "ml.feature_store={enabled: true, publish: [{entity: card}]}",
        "job.features.specs.0={name: a, type: lookup, source: CUSTOMER_ID, parameters: {entity: a, feature_set: b}}",
        "job.inference.output_field=event_id",
        "job.sink.fields=[TX_AMONT]",
        "job.features.specs.0.source=TX_AMONT",
        "job.inference.feature_fields=[TX_AMOUNT]",
        "ml.models.0.path=nowhere.onnx",
        "ml.models.0.version=1.0.0",
        "execution.parallelism=0",
    ],
)
def test_what_a_run_refuses_is_refused(override: str, config: Path, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").touch()
    request = RunRequest("fraud-detection", tmp_path / "out", str(tmp_path / "in.jsonl"), config, [override])
    with pytest.raises(Exception, match=r"expected|wants|cannot|not") as refused:
        prepare(request, needs_model=True)
    assert str(refused.value) in texts(config, override)


@pytest.mark.parametrize(
    ("field", "overrides"),
    [
        ("label", []),
        ("prediction", ["job.inference.output_field=risk"]),
        ("risk", ["job.inference.output_field=risk"]),
        ("top_classes", ["job.sink.top_classes=3"]),
    ],
)
def test_field_that_is_named_like_a_column_of_predictions_is_refused(
    field: str, overrides: list[str], config: Path
) -> None:
    found = texts(config, f"job.events.fields.{field}={{type: string}}", f"job.sink.fields=[{field}]", *overrides)
    assert f"job.sink.fields.0: expected a field whose name no column of predictions has, got '{field}'" in found
    assert f"give the field another name in job.events.fields, with `source: {field}`" in found
    assert found.count("job.sink.fields") == 1


def test_best_classes_of_a_model_without_a_score_of_each_are_refused(config: Path, tmp_path: Path) -> None:
    found = texts(config, "job.sink.top_classes=2")
    expected = "job.sink.top_classes: expected 0, as model fraud-detector@2.0.0 has no score of each class, got more"
    assert expected in found
    assert len(found.splitlines()) == 1
    of_classes = write_fraud_config(tmp_path / "other", model=write_model(tmp_path / "m", has_classes=True))
    assert texts(of_classes, "job.sink.top_classes=2") == ""


def test_every_problem_is_named(config: Path) -> None:
    found = texts(
        config,
        "ml.enabled=false",
        "ml.online_learning.enabled=true",
        "job.inference.output_field=event_id",
        "job.features.specs.0.source=TX_AMONT",
        "job.features.specs.5.type=ratoi",
        "execution.parallelism=0",
    )
    wanted = ("execution.parallelism", "ml.enabled", "learning.registry", "output_field", "TX_AMONT", "ratoi")
    assert [name for name in wanted if name not in found] == []
    assert len(found.splitlines()) == len(wanted)


@pytest.mark.parametrize("windows", ["sliding", "sql"])
def test_filter_that_only_sql_knows_is_refused_without_sql(windows: str, config: Path) -> None:
    counted = "{function: count, key: CUSTOMER_ID, window: 1d, filter: 'MOD(TERMINAL_ID, 2) = 0'}"
    spec = f"{{name: n, type: aggregation, parameters: {counted}}}"
    overrides = [f"job.features.specs=[{spec}]", f"execution.windows={windows}"]
    found = "\n".join(map(str, check_settings(config, overrides, needs_model=False)[1]))
    if windows == "sql":
        assert found == ""
    else:
        assert found.startswith(f"{config}: job.features.specs: feature 'n': filter ")
        assert found.endswith("set execution.windows: sql, which takes any SQL condition")


@pytest.mark.parametrize(
    ("condition", "fault"),
    [
        ("TX_AMONT > 1", "'TX_AMONT', which is no event field; nearest valid name 'TX_AMOUNT'"),
        ("MOD(TERMINAL, 2) = 0", "'TERMINAL', which is no event field; nearest valid name 'TERMINAL_ID'"),
        ("TX_AMOUNT + 1", "a value alone: compare it, as in amount > 0"),
        ("TX_AMOUNT > 1 -- or more", "a comment, '--'"),
        ("TX_AMOUNT > (SELECT 1)", "'SELECT', which begins a part of a query"),
    ],
)
def test_filter_that_is_no_condition_on_fields_is_refused_for_sql_too(condition: str, fault: str, config: Path) -> None:
    counted = f'{{function: count, key: CUSTOMER_ID, window: 1d, filter: "{condition}"}}'
    spec = f"job.features.specs.0={{name: n, type: aggregation, parameters: {counted}}}"
    (problem,) = check_settings(config, [spec, "execution.windows=sql"], needs_model=False)[1]
    place = f"{config}: job.features.specs.0: feature 'n' (aggregation)"
    expected = "expected filter: one SQL condition on event fields"
    assert str(problem) == f"{place}: {expected}, got {condition!r}; it has {fault}"


@pytest.mark.parametrize("windows", ["sliding", "sql"])
@pytest.mark.parametrize(
    ("condition", "fault"),
    [
        ("TX_AMOUNT > 'a'", "expected values of one type to compare, got double > text"),
        ("TERMINAL_ID IN (1, 2.5)", "expected integers after IN, as before it, got decimal"),
    ],
)
def test_filter_that_sql_makes_another_of_is_refused(windows: str, condition: str, fault: str, config: Path) -> None:
    counted = f'{{function: count, key: CUSTOMER_ID, window: 1d, filter: "{condition}"}}'
    overrides = [f"job.features.specs=[{{name: n, type: aggregation, parameters: {counted}}}]"]
    (problem,) = check_settings(config, [*overrides, f"execution.windows={windows}"], needs_model=False)[1]
    place = f"{config}: job.features.specs: feature 'n'"
    assert str(problem) == f"{place}: filter {condition!r}: {fault}; compare fields with values of their types"


SOUND = ("job.sink.kafka={servers: 'b:9092', predictions: p, alerts: a, dead_letters: d}",)
_LISTED = "{name: fraud-detector, version: 2.0.0, type: onnx, path: gone.onnx}, {name: other, version: '1', type: onnx}"
DAMAGES = {
    "ml.enabled=false": 1,
    "ml.metrics.port=many": 1,
    "ml.inference.max_concurrancy=3": 1,
    f"ml.models=[{_LISTED}]": 2,
    "job.inference.output_field=event_id": 1,
    "job.features.specs.0.source=TX_AMONT": 1,
    "job.features.specs.5.type=ratoi": 1,
    "job.features.specs.1.parameter={}": 1,
    "job.events.watermark_delay=5 parsecs": 1,
    "job.events.fields.NEW={type: long, unit: s}": 1,
    "job.sink.fields=[TX_AMUONT]": 1,
    "execution.parallelism=0": 1,
    # Transactions that no checkpoint ends: a check of two roots.
    "execution.checkpoint_interval=0s": 1,
}
"""Wrong settings of each kind, and the number of problems with each."""


@pytest.mark.usefixtures("jars")
def test_problems_do_not_hide_each_other(config: Path) -> None:
    each = {damage: texts(config, *SOUND, damage).splitlines() for damage in DAMAGES}
    assert {damage: len(found) for damage, found in each.items()} == DAMAGES
    together = texts(config, *SOUND, *DAMAGES).splitlines()
    assert sorted(together) == sorted(line for found in each.values() for line in found)
    assert all(line.startswith(f"{config}: ") for line in together)


@pytest.fixture
def jars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.checks.problems.connector_jar", lambda: None)


def test_a_wrong_model_and_other_listed_ones_are_named(tmp_path: Path) -> None:
    config = write_fraud_config(tmp_path / "wide", model=write_model(tmp_path / "model", width=9))
    other = "{name: other, version: 1.0.0, type: onnx, path: nowhere.onnx}"
    first = f"{{name: fraud-detector, version: 2.0.0, type: onnx, path: {tmp_path / 'model' / 'model.onnx'}}}"
    found = texts(config, f"ml.models=[{first}, {other}]")
    assert "wants input 'x' float32 (n, 9), got (n, 6)" in found
    assert "nowhere.onnx" in found
    assert len(found.splitlines()) == 2


def test_database_needs_its_connector(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRESS_JARS", str(tmp_path))
    sink = "job.sink.jdbc={url: 'jdbc:postgresql://db/x', user: u, predictions: p}"
    found = texts(config, sink)
    assert found.startswith("the connector of PostgreSQL: expected flink-connector-jdbc-postgres-*.jar in ")
    assert found.endswith("gress jars fetch --jdbc")
    (tmp_path / "in.jsonl").touch()
    request = RunRequest("fraud-detection", tmp_path / "out", str(tmp_path / "in.jsonl"), config, [sink])
    with pytest.raises(JobError, match="gress jars fetch --jdbc"):
        prepare(request, needs_model=True)


def test_kafka_needs_its_connector(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRESS_JARS", str(tmp_path / "jars"))
    source = "job.source.kafka={servers: 'localhost:9092', topics: [t]}"
    assert "gress jars fetch" in texts(config, source)


def test_models_may_be_left_out(config: Path) -> None:
    assert check_settings(config, ["ml.models.0.path=nowhere.onnx"], needs_model=False)[1] == []


def test_settings_without_a_job_are_checked_by_themselves(tmp_path: Path) -> None:
    (tmp_path / "shared.yaml").write_text("ml: {enabled: false}", "utf-8")
    assert check_settings(tmp_path / "shared.yaml")[1] == []


def test_command_prints_a_line_for_each(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--set", "ml.enabled=false", "--set", "execution.parallelism=0"]
    monkeypatch.setattr("sys.argv", ["gress", "config", "check", str(config), *given])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    assert (ended.value.code, out, err.count("\n")) == (2, "", 2)


def test_model_without_a_promoted_version_is_judged_as_by_a_run(config: Path, tmp_path: Path) -> None:
    registry = local_registry(tmp_path / "registry")
    register(registry, write_model(tmp_path / "new", width=6), "new", "1.0.0")
    chosen = ("ml.models=[]", f"ml.model_registry.base_path={registry.url}", "job.inference.model_version=")
    unpromoted, unknown = (*chosen, "job.inference.model_name=new"), (*chosen, "job.inference.model_name=nwe")
    (tmp_path / "in.jsonl").write_text("{}\n")
    # Before the first promotion the highest version serves.
    assert texts(config, *unpromoted) == ""
    request = RunRequest("fraud-detection", tmp_path / "out", str(tmp_path / "in.jsonl"), config, unpromoted)
    assert prepare(request, needs_model=True).output == tmp_path / "out"
    assert texts(config, *unknown).startswith(f"{config}: job.inference: model registry {registry.url} has no model")
    registry.retire("new", "1.0.0")
    assert "has only retired versions" in texts(config, *unpromoted)


def test_no_problem_shows_a_value_of_the_environment(
    config: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Found when the settings are loaded, when features are read, and when the model is opened."""
    monkeypatch.setenv("SECRET", "hunter2hunter2")
    more = tmp_path / "more.yaml"
    text = (
        f"extends: {config}\n"
        "ml: {model_registry: {type: local, base_path: '/tmp/${SECRET}'}, inference: {max_latency: '${SECRET}'}}\n"
        "job: {inference: {model_name: '${SECRET}'}}\n"
    )
    more.write_text(text, encoding="utf-8")
    for part in (text, text.replace("'${SECRET}'}}\njob", "2s}}\njob")):
        more.write_text(part, encoding="utf-8")
        shown = texts(more)
        assert shown
        assert "hunter2" not in shown
