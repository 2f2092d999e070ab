"""A job's YAML becomes files, variables and arguments; a path that no pod could reach is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from conf.errors import ConfigError
from gress.deploy_render.deployment import Variable
from gress.deploy_render.read_job import RenderRequest, read_job
from gress.deploy_render.render import render
from jobs.errors import JobError
from tests.gress.deploy_render.cluster_schemas import documents, texts_of
from tests.gress.deploy_render.rendered_jobs import PLACE

SECRET = "s3cr3t-of-the-broker"
TOPICS = """
extends: conf/fraud_detection.yaml
job:
  name: shop
  source:
    kafka:
      servers: ${BROKERS:-kafka:9092}
      topics: [payments]
      options: {security.protocol: SASL_SSL, sasl.jaas.config: "${JAAS}"}
  sink:
    kafka: {servers: "kafka:9092", predictions: scores, alerts: alerts, dead_letters: dead}
execution:
  parallelism: 3
  flink: {state.backend.local-recovery: true, s3.secret-key: "${KEY}"}
"""


def write(folder: Path, text: str = TOPICS, name: str = "shop.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def request(config: Path, *overrides: str, name: str = "", source: str = "") -> RenderRequest:
    return RenderRequest("fraud-detection", PLACE, config, overrides, source, name)


def test_variables_need_no_value_here(tmp_path: Path) -> None:
    deployment = read_job(request(write(tmp_path)), {})
    assert deployment.variables == (Variable("BROKERS", True), Variable("JAAS", False), Variable("KEY", False))


def test_a_default_in_one_place_is_none_for_another(tmp_path: Path) -> None:
    config = write(tmp_path, TOPICS.replace("predictions: scores", 'predictions: "${JAAS:-scores}"'))
    assert Variable("JAAS", False) in read_job(request(config), {}).variables


def test_a_value_of_this_machine_is_in_no_manifest(tmp_path: Path) -> None:
    environ = {"JAAS": SECRET, "KEY": SECRET, "BROKERS": "secret-host:1"}
    made = render(read_job(request(write(tmp_path)), environ))
    assert [path for path, text in made.items() if SECRET in text or "secret-host" in text] == []
    assert "${JAAS}" in made["base/job-settings.yaml"]


def test_variables_come_from_the_secret(tmp_path: Path) -> None:
    made = render(read_job(request(write(tmp_path)), {}))
    (flink,) = documents(made["base/flink-deployment.yaml"])
    (container,) = flink["spec"]["podTemplate"]["spec"]["containers"]
    found = {each["name"]: each.get("valueFrom", {}).get("secretKeyRef") for each in container["env"]}
    assert found["JAAS"] == {"name": "shop-secrets", "key": "JAAS"}
    assert found["BROKERS"] == {"name": "shop-secrets", "key": "BROKERS", "optional": True}


def test_flink_options_of_the_yaml_count_unless_a_variable_fills_them(tmp_path: Path) -> None:
    made = render(read_job(request(write(tmp_path)), {"JAAS": "x", "KEY": SECRET}))
    (flink,) = documents(made["base/flink-deployment.yaml"])
    assert flink["spec"]["flinkConfiguration"]["state.backend.local-recovery"] == "true"
    assert "s3.secret-key" not in flink["spec"]["flinkConfiguration"]


def test_files_lie_to_each_other_in_pods_as_here(tmp_path: Path) -> None:
    write(tmp_path, "extends: conf/fraud_detection.yaml\n", "teams/base.yaml")
    config = write(tmp_path, TOPICS.replace("conf/fraud_detection.yaml", "../base.yaml"), "teams/shop/job.yaml")
    deployment = read_job(request(config), {})
    # The shipped file is in the image.
    assert [file.path for file in deployment.files] == ["shop/job.yaml", "base.yaml"]
    made = render(deployment)
    (settings,) = documents(made["base/job-settings.yaml"])
    assert list(settings["data"]) == ["shop__job.yaml", "base.yaml"]
    (flink,) = documents(made["base/flink-deployment.yaml"])
    assert "/opt/gress/settings/shop/job.yaml" in flink["spec"]["job"]["args"]
    (volume,) = flink["spec"]["podTemplate"]["spec"]["volumes"]
    assert volume["configMap"]["items"][0] == {"key": "shop__job.yaml", "path": "shop/job.yaml"}


def test_changed_settings_are_another_pod(tmp_path: Path) -> None:
    first = render(read_job(request(write(tmp_path)), {}))["base/flink-deployment.yaml"]
    config = write(tmp_path, TOPICS + "  checkpoint_interval: 20s\n")
    second = render(read_job(request(config), {}))["base/flink-deployment.yaml"]
    (before,), (after,) = documents(first), documents(second)
    assert before["spec"]["podTemplate"]["metadata"] != after["spec"]["podTemplate"]["metadata"]


def test_what_the_yaml_says_itself_is_not_set_again(tmp_path: Path) -> None:
    text = TOPICS.replace("parallelism: 3", "parallelism: 3\n  max_parallelism: 12")
    text = text.replace("topics:", "group: mine\n      topics:")
    config = write(tmp_path, text + "ml: {metrics: {port: 9300, bind: 127.0.0.1}}\n")
    deployment = read_job(request(config), {})
    assert deployment.overrides == ()
    assert deployment.metrics_port == 9300
    assert deployment.kafka_names == ("job.sink.kafka.transaction_prefix",)


def test_input_and_overrides_reach_the_pods(tmp_path: Path) -> None:
    given = request(write(tmp_path), "job.inference.alert_threshold=0.9", source="kafka:others")
    (flink,) = documents(render(read_job(given, {}))["base/flink-deployment.yaml"])
    words = " ".join(flink["spec"]["job"]["args"])
    assert "--input kafka:others" in words
    assert "--set job.inference.alert_threshold=0.9" in words


def test_folders_of_a_run_lie_on_its_volume() -> None:
    deployment = read_job(RenderRequest("online-learning", PLACE), {})
    assert "job.learning.registry.base_path=/data/online-models" in deployment.overrides
    assert "ml.online_learning.checkpoint_dir=/data/ml-checkpoints" in deployment.overrides


def test_no_manifest_names_a_folder_of_this_machine(tmp_path: Path) -> None:
    made = render(read_job(request(write(tmp_path)), {}))
    texts = [text for each in made.values() for document in documents(each) for text in texts_of(document)]
    assert [text for text in texts if str(tmp_path) in text] == []


@pytest.mark.parametrize(
    ("override", "text"),
    [
        ("ml.model_registry.base_path=./mine", "base_path: expected a URL, or a folder of the image, .*got ./mine"),
        ("ml.models.0.path=model.onnx", "ml.models.0.path: expected a URL, .*got model.onnx"),
    ],
    ids=["registry", "model file"],
)
def test_a_folder_that_pods_lack_is_refused(override: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(JobError, match=text):
        read_job(request(write(tmp_path), override), {})


@pytest.mark.parametrize("name", ["Shop", "9shop", "shop_eu", "s" * 46, "shop-"])
def test_a_name_that_the_operator_refuses_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"deployment's name: expected at most 45 lower-case .*; name it with --name"):
        read_job(request(write(tmp_path), name=name), {})


def test_a_name_of_a_variable_is_refused(tmp_path: Path) -> None:
    config = write(tmp_path, TOPICS.replace("name: shop", "name: ${SHOP}"))
    with pytest.raises(JobError, match="got a variable's; name it with --name"):
        read_job(request(config), {"SHOP": "shop"})
    assert read_job(request(config, name="shop"), {}).name == "shop"


def test_settings_that_a_run_refuses_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="parallelism"):
        read_job(request(write(tmp_path), "execution.parallelism=0"), {})


def test_a_file_without_a_job_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JobError, match="expected a `job:` with events"):
        read_job(request(write(tmp_path, "ml: {enabled: true}\n")), {})


def test_an_unknown_job_is_refused() -> None:
    with pytest.raises(JobError, match="job 'fraud': expected one of"):
        read_job(RenderRequest("fraud", PLACE), {})


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a readable YAML file"):
        read_job(request(tmp_path / "none.yaml"), {})


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("- a\n", "expected a mapping"),
        ("a: [\n", "expected valid YAML"),
        ("extends: shop.yaml\n", "extends: expected another file"),
        ("extends: none.yaml\n", "none.yaml: expected a readable YAML file, got no such file"),
    ],
    ids=["list", "syntax", "itself", "absent"],
)
def test_a_broken_file_is_refused_as_by_a_run(content: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=text):
        read_job(request(write(tmp_path, content)), {})


def test_a_file_whose_name_no_configmap_takes_is_refused(tmp_path: Path) -> None:
    config = write(tmp_path, name="my shop.yaml")
    with pytest.raises(JobError, match=r"settings file: expected .*, got 'my shop.yaml'; rename it"):
        read_job(request(config), {})


def test_no_variable_of_a_pod_is_there_twice(tmp_path: Path) -> None:
    config = write(tmp_path, TOPICS.replace("predictions: scores", 'predictions: "${POD_NAMESPACE:-some}"'))
    (flink,) = documents(render(read_job(request(config), {}))["base/flink-deployment.yaml"])
    names = [each["name"] for each in flink["spec"]["podTemplate"]["spec"]["containers"][0]["env"]]
    assert names.count("POD_NAMESPACE") == 1


def test_a_run_of_files_has_an_end_though_its_yaml_names_topics(tmp_path: Path) -> None:
    config = write(tmp_path)
    assert read_job(request(config), {}).is_endless
    assert not read_job(request(config, source="generator:days=1"), {}).is_endless


def test_an_input_that_pods_lack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"--input: expected topics, .*which every pod reaches, got events.jsonl"):
        read_job(request(write(tmp_path), source="events.jsonl"), {})
    with pytest.raises(JobError, match=r"--input kafka:payments: expected job.source.kafka in .*, got none"):
        read_job(RenderRequest("fraud-detection", PLACE, input="kafka:payments"), {})
