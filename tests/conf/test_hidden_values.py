"""No error and no printed setting shows a secret."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conf.loading.masking import masked_text
from conf.loading.render import render_settings, render_yaml
from conf.settings import Settings
from conf.yaml_text import parse_yaml

SECRET = "hunter2hunter2"

LEAKS = [
    "ml: {inference: {max_latency: '${S}'}}",
    "ml: {model_registry: {type: '${S}'}}",
    "ml: {feature_store: {redis_addr: 'redis://:${S}@host'}}",
    f"ml: {{feature_store: {{redis_addr: 'redis://:{SECRET}@host'}}}}",
    f"ml: {{model_registry: {{s3_secret_access_key: {SECRET}}}}}",
    f"ml: {{feature_store: {{redis_password: {SECRET}, password: [{SECRET}]}}}}",
    f"execution: {{flink: {{s3.secret-key: [{SECRET}]}}}}",
    f"execution: {SECRET}: 1",
    f"ml: *{SECRET}",
    f"ml: !{SECRET} x",
    f"ml: {{a: {SECRET}, a: {SECRET}}}",
    (
        "ml: {ab_testing: {experiments: [{name: e, strategy: random, default_variant: hunter2hunter, "
        "variants: [{name: '${S}', model_name: m, weight: 1}]}]}}"
    ),
    f"ml: {{models: [{{name: m, version: v1, type: onnx, tags: {{api_token: {{a: {SECRET}}}}}}}]}}",
]


@pytest.mark.parametrize("text", LEAKS)
def test_errors_show_no_secret(text: str, refusals: Callable[..., list[str]]) -> None:
    assert SECRET not in "\n".join(refusals(text, environ={"S": SECRET}))


def test_errors_say_that_a_value_is_hidden(refusals: Callable[..., list[str]]) -> None:
    assert refusals("ml: {inference: {max_concurrency: '${S}'}}", environ={"S": SECRET}) == [
        "c.yaml: ml.inference.max_concurrency: expected a whole number, got a hidden value"
    ]


def test_errors_of_secret_overrides_show_no_secret(refusals: Callable[..., list[str]]) -> None:
    environ = {"GRESS_ML__MODEL_REGISTRY__S3_ACCESS_KEY": SECRET}
    [line] = refusals("ml: {}", environ=environ)
    assert line.endswith(
        "got 's3_access_key'; credentials come from the environment or the cloud's own chain, never from settings"
    )
    assert SECRET not in line


@pytest.mark.parametrize(
    "url",
    [
        f"s3://me:{SECRET}@bucket/models",
        f"s3://{SECRET}@bucket",
        f"s3://me:a/{SECRET}@bucket/models",
        f"s3://me:a {SECRET}@bucket/models",
        f"https://host/models?signature={SECRET}",
        f"gs://bucket/models#{SECRET}",
    ],
)
@pytest.mark.parametrize("key", ["base_path", "s3_endpoint"])
def test_urls_with_credentials_are_refused_unseen(url: str, key: str, refusals: Callable[..., list[str]]) -> None:
    wanted = (
        "expected a path, or a URL without '@', '?' and '#', got a hidden value; "
        "credentials come from the environment or the cloud's own chain, never from settings"
    )
    path = f"ml.model_registry.{key}"
    assert refusals(f"ml: {{model_registry: {{{key}: '{url}'}}}}") == [f"c.yaml: {path}: {wanted}"]
    name = f"GRESS_ML__MODEL_REGISTRY__{key.upper()}"
    assert refusals("ml: {}", environ={name: url}) == [f"c.yaml: {path} (from {name}): {wanted}"]
    assert refusals("ml: {}", [f"{path}={url}"]) == [f"c.yaml: {path} (from --set {path}): {wanted}"]


@pytest.mark.parametrize("path", ["s3://bucket/models", "file:///srv/models", "models/a@b", "a?b", "package:models"])
def test_locations_without_credentials_are_taken(path: str, load: Callable[..., Settings]) -> None:
    assert load(f"ml: {{model_registry: {{base_path: '{path}'}}}}").ml.model_registry.base_path == path


def test_a_masked_password_may_hold_what_should_be_quoted() -> None:
    assert masked_text(f"redis://me:a/{SECRET}@b{SECRET}@host") == "redis://***@host"


def test_render_masks_secrets_and_keeps_the_rest(load: Callable[..., Settings]) -> None:
    settings = load(
        f"ml: {{models: [{{name: m, version: v1, type: onnx, path: 'http://me:{SECRET}@host/m?key={SECRET}'}}]}}\n"
        f"execution: {{flink: {{s3.secret-key: {SECRET}, s3.access-key: {SECRET}, "
        f"security.ssl.key-password: 1, s3.endpoint: 'http://x'}}}}\n"
    )
    tree = render_settings(settings)
    assert tree["execution"]["flink"] == {
        "s3.secret-key": "***",
        "s3.access-key": "***",
        "security.ssl.key-password": "***",
        "s3.endpoint": "http://x",
    }
    assert tree["ml"]["models"][0]["path"] == "http://***@host/m?***"
    assert SECRET not in render_yaml(settings)


def test_render_uses_the_names_and_durations_of_yaml(load: Callable[..., Settings]) -> None:
    tree = render_settings(load("ml: {inference: {max_latency: 2000ms}}"))
    assert tree["ml"]["inference"]["max_latency"] == "2s"
    assert tree["ml"]["feature_store"]["ttl"] == "5m"


def test_fields_named_like_secrets_are_not_masked(job_yaml: str, load: Callable[..., Settings]) -> None:
    tree = render_settings(load(job_yaml, ["job.events.fields.card_token={type: string}"]))
    assert tree["job"]["events"]["fields"]["card_token"]["type"] == "string"


def test_rendered_yaml_loads_to_the_same_settings(job_yaml: str, load: Callable[..., Settings]) -> None:
    text = job_yaml + "ml: {models: [{name: m, version: '2.0', type: onnx, tags: {on: 'yes', n: '1'}}]}\n"
    settings = load(text, ["job.features.specs.0.parameters={default: null, fields: [a]}"])
    assert load(render_yaml(settings)) == settings


FROM_ENVIRONMENT = (
    "ml: {models: [{name: m, version: v1, type: onnx, path: '${P}', tags: {a: 'x${P}', b: '${Q:-plain}'}}]}\n"
    "execution: {parallelism: '${N}'}\n"
)


def test_render_masks_what_comes_from_the_environment_by_its_origin(load: Callable[..., Settings]) -> None:
    settings = load(FROM_ENVIRONMENT, environ={"P": SECRET, "N": "2"})
    [model] = render_settings(settings)["ml"]["models"]
    assert (model["path"], model["tags"]) == ("***", {"a": "***", "b": "plain"})
    assert render_settings(settings)["execution"]["parallelism"] == "***"
    assert settings.execution.parallelism == 2


@pytest.mark.parametrize(
    "path",
    [
        "execution.flink.s3.secret-key",
        "ml.models.0.tags.api_token",
        "job.source.kafka.options.sasl.jaas.config",
        "job.labels.kafka.options.ssl.key.password",
        "job.sink.jdbc.password",
    ],
)
def test_a_secret_of_a_command_line_is_refused_and_says_how_to_pass_it(
    path: str, refusals: Callable[..., list[str]]
) -> None:
    lines = refusals("ml: {models: [{name: m, version: v1, type: onnx}]}", [f"{path}={SECRET}"])
    text = (
        f"{path} (from --set {path}): expected no secret here, where every user of the machine can read it, "
        "got a hidden value; write it as ${NAME} in the file and set the variable NAME"
    )
    assert f"c.yaml: {text}" in lines
    assert SECRET not in "\n".join(lines)


@pytest.mark.parametrize(
    "assignment",
    [
        "execution.flink={s3.secret-key: hunter2hunter2}",
        "execution.flink.metrics.url=http://me:hunter2hunter2@host",
        "execution={flink: {a.api-key: [hunter2hunter2]}}",
    ],
    ids=["mapping", "URL", "list"],
)
def test_a_secret_inside_a_value_of_a_command_line_is_refused(
    assignment: str, refusals: Callable[..., list[str]]
) -> None:
    lines = refusals("ml: {}", [assignment])
    assert "expected no secret here" in lines[0]
    assert SECRET not in "\n".join(lines)


def test_a_secret_that_is_a_default_in_the_file_is_refused(job_yaml: str, refusals: Callable[..., list[str]]) -> None:
    source = "  source: {kafka: {servers: 'a:1', topics: [t], options: {ssl.key.password: '${PW:-hunter2hunter2}'}}}\n"
    (line,) = refusals(job_yaml + source)
    assert "expected a secret from the environment, got a hidden value" in line


def test_anchor_that_is_used_again_prints_no_line_of_the_file(recwarn: pytest.WarningsRecorder) -> None:
    assert parse_yaml(f"{{a: &x {SECRET}, b: &x 1, c: *x}}") == {"a": SECRET, "b": 1, "c": 1}
    assert [str(each.message) for each in recwarn] == []
