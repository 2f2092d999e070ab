"""Sources of a value: file, `${NAME}`, environment, `--set`; and refusals of bad files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from conf.errors import ConfigError
from conf.loading.loader import load_settings
from conf.settings import Settings

INFERENCE = "ml: {inference: {default_batch_size: 1}}"
BATCH_SIZE = "GRESS_ML__INFERENCE__DEFAULT_BATCH_SIZE"
MODELS = "ml: {models: [{name: m, version: v1, type: onnx}]}"


def test_environment_wins_over_the_file(load: Callable[..., Settings]) -> None:
    assert load(INFERENCE, environ={BATCH_SIZE: "512"}).ml.inference.default_batch_size == 512


def test_set_wins_over_the_environment(load: Callable[..., Settings]) -> None:
    settings = load(INFERENCE, ["ml.inference.default_batch_size=7"], {BATCH_SIZE: "512"})
    assert settings.ml.inference.default_batch_size == 7


def test_a_later_set_wins(load: Callable[..., Settings]) -> None:
    assignments = ["ml.inference.default_batch_size=7", "ml.inference.default_batch_size=auto"]
    assert load(INFERENCE, assignments).ml.inference.default_batch_size == "auto"


def test_a_set_on_a_whole_section_wins_over_the_environment_inside_it(load: Callable[..., Settings]) -> None:
    settings = load(INFERENCE, ["ml.inference={max_concurrency: 3}"], {BATCH_SIZE: "512"})
    assert (settings.ml.inference.default_batch_size, settings.ml.inference.max_concurrency) == ("auto", 3)


def test_overrides_reach_sections_that_the_file_leaves_out(load: Callable[..., Settings]) -> None:
    settings = load("ml:\n", ["execution.parallelism=3"], {"GRESS_ML__FEATURE_STORE__TTL": "9s"})
    assert (settings.execution.parallelism, settings.ml.feature_store.ttl_ms) == (3, 9_000)


def test_overrides_reach_list_entries(load: Callable[..., Settings]) -> None:
    settings = load(MODELS, ["ml.models.0.version=1.0.0"], {"GRESS_ML__MODELS__0__TYPE": "tflite"})
    assert (settings.ml.models[0].version, settings.ml.models[0].type) == ("1.0.0", "tflite")


def test_environment_finds_keys_of_any_case(job_yaml: str, load: Callable[..., Settings]) -> None:
    environ = {"GRESS_JOB__EVENTS__FIELDS__amount__MIN": "0", "GRESS_job__name": "other"}
    job = load(job_yaml, environ=environ).job
    assert (job.events.fields["AMOUNT"].min, job.name) == (0.0, "other")


def test_set_keeps_the_case_of_keys(job_yaml: str, load: Callable[..., Settings]) -> None:
    settings = load(job_yaml, ["job.events.fields.amount={type: long}"])
    assert {"AMOUNT", "amount"} <= set(settings.job.events.fields)


def test_flink_options_are_one_key_below_flink(load: Callable[..., Settings]) -> None:
    environ = {"GRESS_EXECUTION__FLINK__TASKMANAGER__MEMORY__SIZE": "2g"}
    settings = load("execution: {}", ["execution.flink.state.backend.rocksdb.block.size=5"], environ)
    assert settings.execution.flink == {"taskmanager.memory.size": "2g", "state.backend.rocksdb.block.size": 5}


def test_an_empty_override_is_empty_text(job_yaml: str, load: Callable[..., Settings]) -> None:
    settings = load(job_yaml, ["job.inference.model_version="])
    assert settings.job.inference.model_version == ""


@pytest.mark.parametrize("name", ["GRESS_HOME", "GRESS_ML", "OTHER_ML__ENABLED", "gress_ml__enabled"])
def test_other_variables_are_not_ours(name: str, load: Callable[..., Settings]) -> None:
    assert load("ml: {enabled: true}", environ={name: "/opt"}).ml.enabled


OVERRIDES = [
    (
        "ml.models.1.version=v1",
        "ml.models (from --set ml.models.1.version): expected an index below 1, got '1'",
    ),
    ("ml.models.-1.name=x", "ml.models (from --set ml.models.-1.name): expected an index below 1, got '-1'"),
    (
        "ml.models.0.name.x=1",
        "ml.models.0.name (from --set ml.models.0.name.x): expected a mapping or a list to enter, got a single value",
    ),
    (
        "mll.enabled=true",
        "(from --set mll.enabled): expected a path from ml, job, execution, got 'mll'; nearest valid name 'ml'",
    ),
    ("ml.enabled", "(from --set): expected key.path=value, got a text without ="),
    ("ml..enabled=1", "(from --set ml..enabled): expected a key between all separators, got an empty one"),
    ("ml.models=[", "(from --set ml.models): expected a YAML value, got a syntax error; quote it"),
    (
        "ml.models.0.version=2.0",
        "ml.models.0.version (from --set ml.models.0.version): expected text, got 2.0; put it in quotes",
    ),
    (
        "ml.infrence.x=1",
        "ml.infrence (from --set ml.infrence.x): expected a known key, got 'infrence'; nearest valid name 'inference'",
    ),
]


@pytest.mark.parametrize(("assignment", "line"), OVERRIDES, ids=[assignment for assignment, _ in OVERRIDES])
def test_bad_override_is_refused(assignment: str, line: str, refusals: Callable[..., list[str]]) -> None:
    assert refusals(MODELS, [assignment]) == [f"c.yaml: {line}"]


def test_bad_variable_is_named(refusals: Callable[..., list[str]]) -> None:
    assert refusals(MODELS, environ={"GRESS_MLL__ENABLED": "1", BATCH_SIZE: "0"}) == [
        "c.yaml: (from GRESS_MLL__ENABLED): expected a path from ml, job, execution, got 'mll'; "
        "nearest valid name 'ml'",
        f"c.yaml: ml.inference.default_batch_size (from {BATCH_SIZE}): expected auto or a whole number >= 1, got 0",
    ]


@pytest.mark.parametrize(
    ("text", "environ", "value"),
    [
        ("${DIR}", {"DIR": "/m"}, "/m"),
        ("s3://${BUCKET}/${DIR}", {"BUCKET": "b", "DIR": "m"}, "s3://b/m"),
        ("${DIR:-./here}", {}, "./here"),
        ("${DIR:-./here}", {"DIR": ""}, "./here"),
        ("${DIR:-./here}", {"DIR": "/m"}, "/m"),
        ("$${DIR}", {"DIR": "/m"}, "${DIR}"),
        ("${DIR}", {"DIR": "${OTHER}"}, "${OTHER}"),
        ("$DIR", {"DIR": "/m"}, "$DIR"),
    ],
)
def test_references_are_filled_from_the_environment(
    text: str, environ: dict[str, str], value: str, load: Callable[..., Settings]
) -> None:
    settings = load(f'ml: {{model_registry: {{base_path: "{text}"}}}}', environ=environ)
    assert settings.ml.model_registry.base_path == value


def test_references_may_spell_numbers_and_booleans(load: Callable[..., Settings]) -> None:
    text = "ml: {enabled: '${ON}', inference: {default_batch_size: '${N}', max_concurrency: '${N}'}}"
    ml = load(text, environ={"ON": "true", "N": "5"}).ml
    assert (ml.enabled, ml.inference.default_batch_size, ml.inference.max_concurrency) == (True, 5, 5)


def test_a_version_from_the_environment_stays_text(load: Callable[..., Settings]) -> None:
    settings = load(MODELS.replace("v1", "'${VERSION}'"), environ={"VERSION": "2.10"})
    assert settings.ml.models[0].version == "2.10"


def test_overrides_are_taken_as_they_are_and_replace_references(load: Callable[..., Settings]) -> None:
    text = "ml: {model_registry: {base_path: '${MISSING}'}}"
    assert load(text, ["ml.model_registry.base_path=${X}"]).ml.model_registry.base_path == "${X}"


def test_missing_variable_is_one_problem_among_all(refusals: Callable[..., list[str]]) -> None:
    text = "ml: {enabled: 3, inference: {max_concurrency: '${N}'}}"
    assert refusals(text) == [
        "c.yaml: ml.inference.max_concurrency: expected the environment variable N, got no such variable; "
        "set it, or write ${N:-default}",
        "c.yaml: ml.enabled: expected true or false, got 3",
    ]


def test_a_missing_variable_of_a_secret_is_one_problem(refusals: Callable[..., list[str]]) -> None:
    assert refusals("ml: {feature_store: {redis_password: '${PW}'}}") == [
        "c.yaml: ml.feature_store.redis_password: expected the environment variable PW, got no such variable; "
        "set it, or write ${PW:-default}",
    ]


@pytest.mark.parametrize("text", ["${", "${A", "${a.b}", "${1}"])
def test_malformed_reference_is_refused(text: str, refusals: Callable[..., list[str]]) -> None:
    assert refusals(f"ml: {{model_registry: {{base_path: '{text}'}}}}", environ={"A": "x"}) == [
        "c.yaml: ml.model_registry.base_path: expected ${NAME} or ${NAME:-default}, "
        "got another text after ${; write $${ for a plain ${"
    ]


@pytest.mark.parametrize(
    ("version", "text"),
    [("v2.0", "v2.0"), ("2.0.0", "2.0.0"), ("'2.0'", "2.0")],
    ids=["v2.0", "2.0.0", "quoted"],
)
def test_versions_stay_text(version: str, text: str, load: Callable[..., Settings]) -> None:
    assert load(MODELS.replace("v1", version)).ml.models[0].version == text


def test_yaml_aliases_do_not_tie_settings_together(load: Callable[..., Settings]) -> None:
    text = (
        "ml: {models: [&m {name: m, version: v1, type: onnx, tags: &t {a: b}}, "
        "{name: n, version: v1, type: onnx, tags: *t}]}"
    )
    models = load(text, ["ml.models.1.tags.a=c"]).ml.models
    assert [model.tags["a"] for model in models] == ["b", "c"]


TOO_LARGE = (
    "expected YAML of bounded depth and size, got an alias that contains itself, too deep a nesting, or aliases that "
    "stand for too many values"
)
# 250 bytes that stand for 16 million values.
ALIASES = "a: &a [x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 8)}]\n" for before, name in zip("abcdef", "bcdefg", strict=True)
)
FILES = [
    ("ml: {}\nml: {}", ["ml: expected each key once, got it on lines 1 and 2"]),
    (
        "ml:\n  enabled: true\n  enabled: true",
        ["ml.enabled: expected each key once, got it on lines 2 and 3"],
    ),
    (
        "ml:\n  models:\n    - a: 1\n      a: 2\n    - b: 1\n      b: 2\n",
        [
            "ml.models.0.a: expected each key once, got it on lines 3 and 4",
            "ml.models.1.b: expected each key once, got it on lines 5 and 6",
        ],
    ),
    ("", ["expected a mapping with ml:, job: or execution:, got an empty file"]),
    ("- ml", ["expected a mapping with ml:, job: or execution:, got a list of 1"]),
    ("ml", ["expected a mapping with ml:, job: or execution:, got a scalar"]),
    ("ml: [a", ["line 1, column 7: expected valid YAML, got an unfinished or misplaced entry"]),
    ("ml: *gone", ["line 1, column 5: expected valid YAML, got an undefined alias or a second document"]),
    (
        "ml: @x",
        ["line 1, column 5: expected valid YAML, got a character or an indentation that cannot be there"],
    ),
    (
        "ml: !!python/name:os.system x",
        ["line 1, column 5: expected valid YAML, got a tag, which settings do not have"],
    ),
    ("ml: &x [*x]", [TOO_LARGE]),
    ("ml: " + "[" * 2000 + "]" * 2000, [TOO_LARGE]),
    ("ml: " + "[" * 60 + "]" * 60, [TOO_LARGE]),
    (ALIASES, [TOO_LARGE]),
]


@pytest.mark.parametrize(("text", "lines"), FILES, ids=[repr(text[:60]) for text, _ in FILES])
def test_bad_file_is_refused(text: str, lines: list[str], refusals: Callable[..., list[str]]) -> None:
    assert refusals(text) == [f"c.yaml: {line}" for line in lines]


@pytest.mark.parametrize(
    "value", ["[" * 2000, "[" * 2000 + "]" * 2000, "&x [*x]", "{a: " * 500], ids=["open", "closed", "alias", "mappings"]
)
def test_override_of_brackets_is_one_line(value: str, load: Callable[..., Settings]) -> None:
    with pytest.raises(
        ConfigError, match=r"^\S+ \(from --set ml\.enabled\): expected a YAML value, got a syntax error; quote it$"
    ):
        load("ml: {}", [f"ml.enabled={value}"])


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.yaml: expected a readable YAML file, got no such file"):
        load_settings(tmp_path / "gone.yaml", environ={})


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"ml: {enabled: \xe9}")
    with pytest.raises(ConfigError, match="expected a YAML file in UTF-8, got bytes that are not"):
        load_settings(path, environ={})


def test_no_file_is_the_defaults_with_overrides() -> None:
    environ = {"GRESS_ML__MODEL_REGISTRY__S3_ENDPOINT": "http://store:9000"}
    registry = load_settings(None, overrides=["ml.model_registry.base_path=s3://b"], environ=environ).ml.model_registry
    assert (registry.s3_endpoint, registry.base_path, registry.type) == ("http://store:9000", "s3://b", "local")
    with pytest.raises(ConfigError, match=r"^settings: ml\.x \(from --set ml\.x\): expected a known key"):
        load_settings(None, overrides=["ml.x=1"], environ={})
