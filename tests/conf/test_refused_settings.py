"""Every rule of the settings, and the line that says it was broken."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conf.errors import ConfigError, ConfigProblem
from conf.settings import Settings

MODEL = "name: m, version: v1, type: onnx"
VARIANT = "name: a, model_name: m, weight: 100"


def _experiment(text: str, *, variants: str = f"{{{VARIANT}}}") -> str:
    return f"ml: {{ab_testing: {{experiments: [{{name: e, {text}, variants: [{variants}]}}]}}}}"


ML = [
    ("enabled: 1", "enabled: expected true or false, got 1"),
    ("enabled: yes", "enabled: expected true or false, got 'yes'"),
    ("inference: {max_concurrency: abc}", "inference.max_concurrency: expected a whole number, got 'abc'"),
    ("inference: {max_concurrency: true}", "inference.max_concurrency: expected a whole number, got true"),
    ("inference: {max_concurrency: 1.0}", "inference.max_concurrency: expected a whole number, got 1.0"),
    ("inference: {max_concurrency: 0}", "inference.max_concurrency: expected a value >= 1, got 0"),
    (
        "inference: {default_batch_size: 0}",
        "inference.default_batch_size: expected auto or a whole number >= 1, got 0",
    ),
    (
        "inference: {default_batch_size: true}",
        "inference.default_batch_size: expected auto or a whole number >= 1, got true",
    ),
    (
        "inference: {default_batch_timeout: 50}",
        "inference.default_batch_timeout: expected a duration such as 50ms, 5s, 5m, 1h or 1d, got 50",
    ),
    ("inference: {max_latency: 0s}", "inference.max_latency: expected a value > 0, got '0s'"),
    ("inference: {gpu_device_ids: 0}", "inference.gpu_device_ids: expected a list, got 0"),
    ("inference: {gpu_device_ids: [0, -1]}", "inference.gpu_device_ids.1: expected a value >= 0, got -1"),
    (
        "inference: {gpu_device_ids: [9223372036854775808]}",
        "inference.gpu_device_ids.0: expected a value <= 255, got 9223372036854775808",
    ),
    (
        "inference: {gpu_device_ids: [1, 1]}",
        "inference.gpu_device_ids: expected each GPU id once, got a list of 2",
    ),
    ("inference:", "inference: expected a mapping, got null"),
    (
        "drift: {sequential: {detector: adwn}}",
        "drift.sequential.detector: expected 'none', 'adwin' or 'page_hinkley', got 'adwn'; nearest valid name 'adwin'",
    ),
    (
        "drift: {sequential: {streams: [score, feature]}}",
        "drift.sequential.streams.1: expected 'score', 'features' or 'outcome', got 'feature'; "
        "nearest valid name 'features'",
    ),
    (
        "drift: {sequential: {streams: [score, score]}}",
        "drift.sequential.streams: expected one or more streams, each once, got a list of 2; "
        "leave the key out to watch all three",
    ),
    ("drift: {sequential: {delta: 1}}", "drift.sequential.delta: expected a value < 1.0, got 1"),
    ("drift: {sequential: {threshold: 0}}", "drift.sequential.threshold: expected a value > 0.0, got 0"),
    (
        "inference: {max_concurency: 1}",
        "inference.max_concurency: expected a known key, got 'max_concurency'; nearest valid name 'max_concurrency'",
    ),
    (
        "feature_store: {qqqq: 1}",
        "feature_store.qqqq: expected a known key, got 'qqqq'; "
        "valid names: enabled, backend, ttl, ttl_on, retention, redis_addr, redis_db, redis_mode, redis_master, "
        "redis_user, redis_password, redis_tls, redis_ca, redis_cert, redis_cert_key, timeout, retries, "
        "breaker_failures, breaker_open, cache_size, cache_ttl, on_error, publish, on_full",
    ),
    ("feature_store: {1: 2}", "feature_store.1: expected a key that is text, got 2"),
    (
        "feature_store: {backend: Redis}",
        "feature_store.backend: expected 'memory' or 'redis', got 'Redis'; nearest valid name 'redis'",
    ),
    (
        "feature_store: {redis_addr: localhost}",
        "feature_store.redis_addr: expected host:port, with a port from 1 to 65535, got 'localhost'",
    ),
    ("feature_store: {redis_db: -1}", "feature_store.redis_db: expected a value >= 0, got -1"),
    (
        "model_registry: {type: s3}",
        "model_registry.s3_bucket: expected a bucket, as type is s3 and base_path is no s3:// URL, got nothing",
    ),
    (
        "model_registry: {type: gcs}",
        "model_registry.gcs_bucket: expected a bucket, as type is gcs and base_path is no gs:// URL, got nothing",
    ),
    ("model_registry: {base_path: ''}", "model_registry.base_path: expected text that is not empty, got ''"),
    (
        "online_learning: {validation_split: 1}",
        "online_learning.validation_split: expected a value < 1.0, got 1",
    ),
    (
        "online_learning: {default_learning_rate: 0}",
        "online_learning.default_learning_rate: expected a value > 0.0, got 0",
    ),
    (
        "online_learning: {default_learning_rate: .nan}",
        "online_learning.default_learning_rate: expected a finite number, got nan",
    ),
    (
        "online_learning: {default_learning_rate: x}",
        "online_learning.default_learning_rate: expected a number, got 'x'",
    ),
    ("models: [{name: m, type: onnx}]", "models.0.version: expected a value, which is required, got nothing"),
    (
        "models: [{name: m, version: 2.0, type: onnx}]",
        "models.0.version: expected text, got 2.0; put it in quotes",
    ),
    (
        "models: [{name: m, version: latest, type: onnx}]",
        "models.0.version: expected a version such as v2.0 or 1.0.0, got 'latest'",
    ),
    (
        "models: [{name: ../m, version: v1, type: onnx}]",
        "models.0.name: expected letters, digits, '.', '_' or '-', 200 at most, got '../m'",
    ),
    (
        "models: [{name: m, version: v1, type: onx}]",
        "models.0.type: expected 'onnx', 'tensorflow', 'tflite' or 'custom', got 'onx'; nearest valid name 'onnx'",
    ),
    (f"models: [{{{MODEL}, tags: [a]}}]", "models.0.tags: expected a mapping, got a list of 1"),
    (
        f"models: [{{{MODEL}}}, {{{MODEL}}}]",
        "models.1.version: expected a version that no earlier entry of this model has, got 'v1'",
    ),
]


@pytest.mark.parametrize(("text", "line"), ML, ids=[text for text, _ in ML])
def test_ml_setting_is_refused(text: str, line: str, refusals: Callable[..., list[str]]) -> None:
    assert refusals(f"ml:\n  {text}\n") == [f"c.yaml: ml.{line}"]


EXPERIMENTS = [
    (
        _experiment("strategy: hash"),
        "split_key: expected an event field, which strategy hash needs, got nothing",
    ),
    (
        _experiment("strategy: random, split_key: card"),
        "split_key: expected no split_key with strategy random, which draws for each event, got 'card'; "
        "strategy hash splits by a field",
    ),
    (
        _experiment("strategy: random, traffic: 0"),
        "traffic: expected a value > 0.0, got 0",
    ),
    (
        _experiment("strategy: random", variants="{name: a, model_name: m, weight: 100.01}"),
        "variants.0.weight: expected a value <= 100.0, got 100.01",
    ),
    (
        _experiment(
            "strategy: random", variants=", ".join(f"{{name: {n}, model_name: m, weight: 33.33}}" for n in "abc")
        ),
        "variants: expected variants whose weights sum to 100, got a list of 3; enabled weights sum to 99.99",
    ),
    (
        _experiment("strategy: hsh"),
        "strategy: expected 'random', 'hash', 'percentage', 'user_id' or 'bandit', got 'hsh'; nearest valid name "
        "'hash'",
    ),
    (
        _experiment("strategy: random", variants="{name: a, model_name: m, weight: -1}"),
        "variants.0.weight: expected a value >= 0.0, got -1",
    ),
    (
        _experiment("strategy: random", variants=f"{{{VARIANT}, enabled: false}}"),
        "variants: expected an enabled variant with a weight over 0, got a list of 1",
    ),
    (
        _experiment("strategy: random", variants=f"{{{VARIANT}}}, {{{VARIANT.replace('100', '0')}}}"),
        "variants.1.name: expected a name that no earlier entry has, got 'a'",
    ),
    (
        _experiment("strategy: random, default_variant: aa"),
        "default_variant: expected the name of an enabled variant, got 'aa'; nearest valid name 'a'",
    ),
    (
        _experiment("strategy: random", variants="{name: a, model_name: m, weight: 100, model_version: new}"),
        "variants.0.model_version: expected a version such as v2.0 or 1.0.0, or '', got 'new'",
    ),
]


OLD = "{name: old, model_name: m, weight: 9}"
NEW = "{name: new, model_name: m}"
THIRD = "{name: third, model_name: m}"


def _ramp(text: str, *variants: str) -> str:
    return _experiment(f"strategy: random, ramp: {{{text}}}", variants=", ".join(variants or (OLD, NEW)))


RAMPS = [
    (
        _ramp("", OLD),
        "variants: expected a variant beside the default one, which the ramp grows, got a list of 1",
    ),
    (
        _ramp("", OLD, NEW, THIRD),
        "ramp.variant: expected the name of the variant that grows, as there are several beside the default one, "
        "got nothing",
    ),
    (
        _ramp("variant: mew"),
        "ramp.variant: expected the name of a variant beside the default one, got 'mew'; nearest valid name 'new'",
    ),
    (
        _ramp("variant: old"),
        "ramp.variant: expected the name of a variant beside the default one, got 'old'",
    ),
    (
        _ramp("", OLD, NEW.replace("m}", "m, weight: 1}")),
        "variants.1.weight: expected 0, as the steps of the ramp decide this weight, got 1; leave it out",
    ),
    (
        _ramp("", OLD.replace("9", "0"), NEW),
        "variants: expected an enabled variant with a weight over 0 beside the one that grows, got a list of 2",
    ),
    (
        _ramp("", OLD.replace("}", ", enabled: false}"), NEW.replace("}", ", enabled: false}")),
        "variants: expected an enabled variant with a weight over 0, got a list of 2",
    ),
    (
        _ramp("steps: [1, 1]"),
        "ramp.steps: expected one or more weights, each higher than the one before, got a list of 2",
    ),
    (
        _ramp("steps: [5, 1]"),
        "ramp.steps: expected one or more weights, each higher than the one before, got a list of 2",
    ),
    (
        _ramp("steps: []"),
        "ramp.steps: expected one or more weights, each higher than the one before, got a list of 0",
    ),
    (_ramp("steps: [0, 1]"), "ramp.steps.0: expected a value > 0, got 0"),
    (_ramp("steps: [1, 101]"), "ramp.steps.1: expected a value <= 100, got 101"),
    (_ramp("hold: 60"), "ramp.hold: expected a duration such as 50ms, 5s, 5m, 1h or 1d, got 60"),
    (_ramp("min_units: -1"), "ramp.min_units: expected a value >= 0, got -1"),
    (_ramp("min_units: 1.5"), "ramp.min_units: expected a whole number, got 1.5"),
]


@pytest.mark.parametrize(("text", "line"), RAMPS, ids=[text for text, _ in RAMPS])
def test_ramp_is_refused(text: str, line: str, refusals: Callable[..., list[str]]) -> None:
    assert refusals(text) == [f"c.yaml: ml.ab_testing.experiments.0.{line}"]


@pytest.mark.parametrize("version", ["", ", model_version: v1"], ids=["the only file", "its version"])
def test_ramp_of_a_model_that_is_a_file_is_refused(version: str, refusals: Callable[..., list[str]]) -> None:
    file = "  models: [{name: m, version: v1, type: onnx, path: m.onnx}]\n"
    variants = f"{OLD.replace('}', version + '}')}, {NEW.replace('name: m', 'name: other')}"
    tested = f"{{name: e, strategy: random, ramp: {{}}, variants: [{variants}]}}"
    assert refusals(f"ml:\n{file}  ab_testing: {{enabled: true, experiments: [{tested}]}}") == [
        "c.yaml: ml.ab_testing.experiments.0.ramp and ml.models.0.path: expected no ramp, as the default variant's "
        "model is a file, and only a registry holds changing weights, got a mapping and 'm.onnx'; register the model, "
        "and leave out its path"
    ]


@pytest.mark.parametrize(("text", "line"), EXPERIMENTS, ids=[line for _, line in EXPERIMENTS])
def test_experiment_is_refused(text: str, line: str, refusals: Callable[..., list[str]]) -> None:
    assert refusals(text) == [f"c.yaml: ml.ab_testing.experiments.0.{line}"]


def test_experiments_of_a_layer_share_its_units(refusals: Callable[..., list[str]]) -> None:
    one = f"{{name: NAME, layer: l, strategy: hash, split_key: card, traffic: 60, variants: [{{{VARIANT}}}]}}"
    both = ", ".join([one.replace("NAME", "one"), one.replace("NAME", "two").replace("card", "shop")])
    assert refusals(f"ml: {{ab_testing: {{experiments: [{both}]}}}}") == [
        "c.yaml: ml.ab_testing.experiments.1.traffic: expected at most what the layer has left, as its traffic sums to "
        "120, got 60",
        "c.yaml: ml.ab_testing.experiments.1.split_key: expected the split_key of the layer's other experiments, "
        "got 'shop'",
    ]


def test_weights_may_count_variants_that_are_switched_off(load: Callable[..., Settings]) -> None:
    arms = "{name: a, model_name: m, weight: 60}, {name: b, model_name: m, weight: 40, enabled: false}"
    text = f"ml: {{ab_testing: {{experiments: [{{name: e, strategy: random, variants: [{arms}]}}]}}}}"
    (experiment,) = load(text).ml.ab_testing.experiments
    assert experiment.default.name == "a"


def test_experiment_names_are_unique(refusals: Callable[..., list[str]]) -> None:
    one = f"{{name: e, strategy: random, variants: [{{{VARIANT}}}]}}"
    assert refusals(f"ml: {{ab_testing: {{experiments: [{one}, {one}]}}}}") == [
        "c.yaml: ml.ab_testing.experiments.1.name: expected a name that no earlier entry has, got 'e'"
    ]


JOB = [
    (
        "sink.fields=[USER, AMONT]",
        "sink.fields.1: expected the name of an event field, got 'AMONT'; nearest valid name 'AMOUNT'",
    ),
    ("sink.fields=[USER, USER]", "sink.fields.1: expected each field once, got 'USER'"),
    ("events.id=IDD", "events.id: expected the name of a field, got 'IDD'; nearest valid name 'ID'"),
    ("events.key=NOTE", "events.key: expected a field with required: true, got 'NOTE'"),
    ("events.time=AMOUNT", "events.time: expected a field of type timestamp, got 'AMOUNT'"),
    (
        "events.label=USER",
        "events.label: expected a field of type long or double or decimal or boolean, got 'USER'",
    ),
    (
        "events.watermark_delay=3",
        "events.watermark_delay: expected a duration such as 50ms, 5s, 5m, 1h or 1d, got 3",
    ),
    ("events.fields.AMOUNT.scale=10", "events.fields.AMOUNT.scale: expected a value <= 9, got 10"),
    (
        "events.fields.AMOUNT.scale=null",
        "events.fields.AMOUNT.scale: expected a scale of 0 to 9, which type decimal needs, got null",
    ),
    (
        "events.fields.ID.scale=2",
        "events.fields.ID.scale: expected no scale, which only type decimal has, got 2",
    ),
    (
        "events.fields.ID.unit=s",
        "events.fields.ID.unit: expected no unit, which only type timestamp has, got 's'",
    ),
    ("events.fields.USER.min=2", "events.fields.USER.min: expected no min, which only numbers have, got 2"),
    (
        "events.fields.ID={type: long, min: 3, max: 3}",
        "events.fields.ID.max: expected a number over min, got 3",
    ),
    (
        "events.fields.a b={type: long}",
        "events.fields.a b: expected letters, digits or '_', no digit and no '__' first, got 'a b'; "
        "name the field so, and give its name in the event as source",
    ),
    ("features.specs=[]", "features.specs: expected at least 1 entry, got a list of 0"),
    (
        "features.specs=[{name: a, type: log}, {name: a, type: log}]",
        "features.specs.1.name: expected a name that no earlier entry has, got 'a'",
    ),
    ("inference.feature_fields=[a, a]", "inference.feature_fields.1: expected each column once, got 'a'"),
    ("inference.alert_threshold=high", "inference.alert_threshold: expected a number, got 'high'"),
]


@pytest.mark.parametrize(("assignment", "line"), JOB, ids=[assignment for assignment, _ in JOB])
def test_job_setting_is_refused(assignment: str, line: str, job_yaml: str, refusals: Callable[..., list[str]]) -> None:
    path, problem = line.split(": ", maxsplit=1)
    key = f"job.{assignment.partition('=')[0]}"
    assert refusals(job_yaml, [f"job.{assignment}"]) == [f"c.yaml: job.{path} (from --set {key}): {problem}"]


EXECUTION = [
    (
        "profile: fast",
        "profile: expected 'throughput' or 'latency', got 'fast'",
    ),
    ("parallelism: 0", "parallelism: expected a value >= 1, got 0"),
    ("parallelism: 129", "parallelism: expected at most execution.max_parallelism, got 129"),
    ("max_parallelism: 40000", "max_parallelism: expected a value <= 32768, got 40000"),
    ("flink: {a.b: [1]}", "flink.a.b: expected text, a number, true or false, got a list of 1"),
    (
        "flink: {parallelism.default: 3}",
        "flink.parallelism.default: expected an option that no setting of ours decides, got 3; "
        "set execution.parallelism instead",
    ),
]


@pytest.mark.parametrize(("text", "line"), EXECUTION, ids=[text for text, _ in EXECUTION])
def test_execution_setting_is_refused(text: str, line: str, refusals: Callable[..., list[str]]) -> None:
    assert refusals(f"execution: {{{text}}}") == [f"c.yaml: execution.{line}"]


def test_all_problems_are_reported_each_on_a_line_with_the_file(refusals: Callable[..., list[str]]) -> None:
    lines = refusals("ml: {enabled: 3, models: 4}\nexecution: {parallelism: x}\nxx: 1\n")
    assert [line.split(": ")[1] for line in lines] == [
        "ml.enabled",
        "ml.models",
        "execution.parallelism",
        "xx",
    ]
    assert all(line.startswith("c.yaml: ") for line in lines)


def test_an_object_store_url_needs_no_bucket(load: Callable[..., Settings]) -> None:
    registry = "ml: {model_registry: {type: s3, base_path: 's3://bucket/models'}}"
    assert load(registry).ml.model_registry.base_path == "s3://bucket/models"


def test_config_error_is_a_value_error_that_keeps_its_problems() -> None:
    error = ConfigError("c.yaml", [ConfigProblem(("ml", 0), "text", "3", "quote it", "--set ml.0")])
    assert isinstance(error, ValueError)
    assert error.problems[0].path == ("ml", 0)
    assert str(error) == "c.yaml: ml.0 (from --set ml.0): expected text, got 3; quote it"
