"""Brokers that want a name and a password, which reach the job from the environment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer
from ruamel.yaml import YAML

from gress.dev.broker import DevKafka
from jobs.errors import JobError
from jobs.run_folder.summary import Summary
from jobs.runs.launch import run
from jobs.runs.prepare import RunRequest
from tests.support.crafted_input import CraftedInput
from tests.support.fraud_config import STATELESS, write_fraud_config
from tests.support.job_runs import write_config

PASSWORD = "open sesame"
_MODULE = "org.apache.kafka.common.security.plain.PlainLoginModule"
_CLIENT = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN"}


@pytest.fixture(scope="module")
def guarded(kafka: DevKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevKafka]:
    """A broker that knows one user; where the other broker can be had, so can this one."""
    with DevKafka(tmp_path_factory.mktemp("guarded"), passwords={"gress": PASSWORD}) as broker:
        yield broker


@pytest.fixture(scope="module")
def config(guarded: DevKafka, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = write_fraud_config(tmp_path_factory.mktemp("config"), features=STATELESS, parallelism=1)
    tree = YAML(typ="safe").load(path.read_text("utf-8"))
    kafka = {"servers": guarded.servers, "options": {**_CLIENT, "sasl.jaas.config": "${KAFKA_JAAS}"}}
    tree["job"]["source"] = {"kafka": {**kafka, "topics": ["events"], "stop": "latest"}}
    tree["job"]["sink"] = {"kafka": {**kafka, "predictions": "scores", "alerts": "alerts", "dead_letters": "dead"}}
    return write_config(path, tree)


def _client(servers: str) -> dict[str, str]:
    login = {"sasl.username": "gress", "sasl.password": PASSWORD}
    return {"bootstrap.servers": servers, "log_level": "0", **_CLIENT, **login}


def _run(config: Path, password: str, output: Path) -> Summary:
    environ = {"KAFKA_JAAS": f'{_MODULE} required username="gress" password="{password}";'}
    found = run(RunRequest("fraud-detection", output, "kafka:", config, environ=environ), lambda counts, total: None)
    assert isinstance(found, Summary)
    return found


def test_job_logs_in_to_read_and_to_write(
    guarded: DevKafka, config: Path, crafted: CraftedInput, tmp_path: Path
) -> None:
    lines = [line for line in crafted.good_lines() if json.loads(line)["TX_AMOUNT"]][:300]
    producer = Producer(_client(guarded.servers))
    for line in lines:
        producer.produce("events", line)
    assert producer.flush(30) == 0
    summary = _run(config, PASSWORD, tmp_path / "out")
    assert (summary.predictions, summary.dead_letters) == (len(lines), 0)
    consumer = Consumer({**_client(guarded.servers), "group.id": "check", "auto.offset.reset": "earliest"})
    consumer.subscribe(["scores"])
    found = {json.loads(message.value())["event_id"] for message in consumer.consume(len(lines), 30)}
    consumer.close()
    assert found == {json.loads(line)["TRANSACTION_ID"] for line in lines}
    written = "".join(path.read_text("utf-8", errors="replace") for path in tmp_path.rglob("*") if path.is_file())
    assert PASSWORD not in written


def test_wrong_password_is_told_before_the_job_starts(config: Path, tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"\(job.source.kafka\): expected an answer, got .*[Aa]uthentication"):
        _run(config, "wrong", tmp_path / "out")
