"""Settings of Kafka's topics: what is refused, and what is never shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conf.loading.render import render_yaml
from conf.settings import KafkaSinkSettings, KafkaSourceSettings, Settings
from jobs.flink.conf_file import read_flink_conf

SECRET = "hunter2hunter2"
SOURCE = {"servers": "a:9092,b:9092", "topics": "[events]"}
SINK = {"servers": "a:9092", "predictions": "p", "dead_letters": "d"}


def _sets(part: str, given: dict[str, str], **more: str) -> list[str]:
    return [f"job.{part}.kafka.{name}={value}" for name, value in {**given, **more}.items()]


def test_defaults_of_a_source(job_yaml: str, load: Callable[..., Settings]) -> None:
    found = load(job_yaml, _sets("source", SOURCE)).job.source.kafka
    assert found == KafkaSourceSettings.model_validate({"servers": "a:9092,b:9092", "topics": ("events",)})
    assert (found.group, found.start, found.stop, found.idle_timeout_ms) == (None, "committed", "never", 120_000)


def test_defaults_of_a_sink(job_yaml: str, load: Callable[..., Settings]) -> None:
    found = load(job_yaml, _sets("sink", SINK)).job.sink.kafka
    assert isinstance(found, KafkaSinkSettings)
    assert (found.delivery, found.transaction_prefix, found.transaction_timeout_ms) == ("exactly_once", None, 900_000)


@pytest.mark.parametrize(
    ("part", "given", "text"),
    [
        ("source", {**SOURCE, "servers": "http://a"}, "job.source.kafka.servers .*expected host:port"),
        ("source", {**SOURCE, "topics": "[]"}, "job.source.kafka.topics .*expected at least one topic"),
        ("source", {**SOURCE, "topics": "['a b']"}, "job.source.kafka.topics.0 .*expected letters, digits"),
        ("source", {**SOURCE, "start": "first"}, "job.source.kafka.start .*expected earliest, latest, committed or"),
        ("source", {**SOURCE, "options.group.id": "g"}, "options.group.id .*set group instead"),
        ("sink", {**SINK, "delivery": "exactly-once"}, "job.sink.kafka.delivery .*nearest valid name 'exactly_once'"),
        ("sink", {**SINK, "dead_letters": "p"}, "dead_letters .*expected a topic of its own, not that of predictions"),
        ("sink", {**SINK, "options.transactional.id": "x"}, "set transaction_prefix instead"),
        (
            "sink",
            {**SINK, "transaction_timeout": "99999ms"},
            r"transaction_timeout \(from .*\): expected at least 100s, for 4 checkpoints of 10s and a restart, got "
            r"'99999ms'; Kafka drops the rows of a transaction that times out before its checkpoint",
        ),
    ],
)
def test_what_is_refused(
    part: str, given: dict[str, str], text: str, job_yaml: str, refusals: Callable[..., list[str]]
) -> None:
    (line,) = refusals(job_yaml, _sets(part, given))
    assert re.search(text, line), line


def test_transactions_need_checkpoints(job_yaml: str, refusals: Callable[..., list[str]]) -> None:
    overrides = [*_sets("sink", SINK), "execution.checkpoint_interval=0s"]
    (line,) = refusals(job_yaml, overrides)
    assert "job.sink.kafka.delivery: expected at_least_once, as execution.checkpoint_interval: 0s leaves" in line


def test_alerts_need_a_topic(job_yaml: str, refusals: Callable[..., list[str]]) -> None:
    (line,) = refusals(job_yaml, [*_sets("sink", SINK), "job.inference.alert_threshold=0.5"])
    assert "job.sink.kafka.alerts: expected the topic of alerts" in line


SECRETS = ["sasl.jaas.config", "ssl.keystore.password", "ssl.keystore.key", "ssl.key.password"]


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_comes_from_the_environment(
    name: str, job_yaml: str, load: Callable[..., Any], refusals: Callable[..., list[str]]
) -> None:
    source = "  source: {kafka: {servers: 'a:1', topics: [t], options: {" + name + ": "
    (line,) = refusals(f"{job_yaml}{source}'pw {SECRET}'}}}}}}\n")
    assert f"job.source.kafka.options.{name}: expected a secret from the environment, got a hidden value" in line
    assert SECRET not in line
    settings = load(f"{job_yaml}{source}'pw ${{PW}}'}}}}}}\n", environ={"PW": SECRET})
    assert settings.job.source.kafka.options[name] == f"pw {SECRET}"
    assert SECRET not in render_yaml(settings)


def test_a_secret_on_the_command_line_is_refused(job_yaml: str, refusals: Callable[..., list[str]]) -> None:
    (line,) = refusals(job_yaml, _sets("sink", SINK, **{"options.ssl.key.password": SECRET}))
    assert "job.sink.kafka.options.ssl.key.password (from --set" in line
    assert SECRET not in line


def test_a_variable_may_set_it(job_yaml: str, load: Callable[..., Settings]) -> None:
    variable = "GRESS_JOB__SINK__KAFKA__OPTIONS__SSL__KEY__PASSWORD"
    settings = load(job_yaml, _sets("sink", SINK), environ={variable: SECRET})
    assert settings.job.sink.kafka.options == {"ssl.key.password": SECRET}


@pytest.mark.parametrize(("tolerated", "least"), [("0", "70s"), ("3", "100s"), ("8", "150s")])
def test_transactions_outlive_the_checkpoints_that_may_fail(
    tolerated: str, least: str, job_yaml: str, load: Callable[..., Settings], refusals: Callable[..., list[str]]
) -> None:
    asked = [f"execution.flink.execution.checkpointing.tolerable-failed-checkpoints={tolerated}"]
    load(job_yaml, [*_sets("sink", {**SINK, "transaction_timeout": least}), *asked])
    shorter = {**SINK, "transaction_timeout": f"{int(least[:-1]) - 1}s"}
    (line,) = refusals(job_yaml, [*_sets("sink", shorter), *asked])
    assert f"expected at least {least}, for {int(tolerated) + 1} checkpoints of 10s and a restart" in line


def test_flinks_own_default_is_the_shipped_one() -> None:
    shipped = read_flink_conf(Path(__file__).parents[2] / "flink-conf.yaml")
    assert shipped["execution.checkpointing.tolerable-failed-checkpoints"] == "3"
    assert shipped["restart-strategy.exponential-delay.max-backoff"] == "1 min"
