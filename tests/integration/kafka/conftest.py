"""A real broker for the tests of this folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from gress.dev.broker import DevKafka
from jobs.errors import JobError
from jobs.kafka.jars import BROKER, CONNECTOR, fetch_jars, find_jars, jars_folder
from tests.integration.kafka.topics import Sent, unique
from tests.support.crafted_input import CraftedInput


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder: it starts a broker."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory, no_service: Callable[[str], NoReturn]) -> Iterator[DevKafka]:
    """A broker; topics have two partitions."""
    try:
        _make_sure_of_jars()
        broker = DevKafka(tmp_path_factory.mktemp("kafka"), partitions=2)
        broker.start()
    except JobError as error:
        no_service(str(error))
    yield broker
    broker.stop()


def _make_sure_of_jars() -> None:
    try:
        find_jars(CONNECTOR)
        find_jars(BROKER)
    except JobError:
        fetch_jars(jars_folder(), parts=(CONNECTOR, BROKER))


@dataclass(frozen=True)
class Topics:
    """Topics of one job, and the settings that name them."""

    servers: str
    events: str
    predictions: str
    alerts: str
    dead_letters: str

    def source(self, **more: str) -> list[str]:
        return [
            f"job.source.kafka.{name}={value}"
            for name, value in {"servers": self.servers, "topics": f"[{self.events}]", **more}.items()
        ]

    def sink(self, **more: str) -> list[str]:
        named = {
            "servers": self.servers,
            "predictions": self.predictions,
            "alerts": self.alerts,
            "dead_letters": self.dead_letters,
            "transaction_prefix": self.predictions,
            **more,
        }
        return [f"job.sink.kafka.{name}={value}" for name, value in named.items()]

    @property
    def written(self) -> tuple[str, str, str]:
        return self.predictions, self.alerts, self.dead_letters


@pytest.fixture(scope="session")
def new_topics(kafka: DevKafka) -> Callable[[], Topics]:
    """Names of topics that nobody else uses."""

    def make() -> Topics:
        return Topics(kafka.servers, *(unique(name) for name in ("events", "predictions", "alerts", "dead-letters")))

    return make


@pytest.fixture(scope="session")
def crafted_records(crafted: CraftedInput) -> Callable[[str], list[Sent]]:
    """The crafted lines but for the late one, keyed by customer, and a record without a value."""

    def make(topic: str) -> list[Sent]:
        records = [
            Sent(topic, _key(line), line.encode(), [("trace", f"t{number}".encode())])
            for number, line in enumerate(crafted.lines[:-1])
        ]
        return [*records[:700], Sent(topic, b"erased", None, [("trace", b"tombstone")]), *records[700:]]

    return make


def _key(line: str) -> bytes:
    try:
        return str(json.loads(line)["CUSTOMER_ID"]).encode()
    except (ValueError, KeyError, TypeError):
        return b"unreadable"
