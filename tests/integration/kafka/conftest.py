"""A real broker for the tests of this folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from gress.dev.broker import DevKafka
from tests.integration.kafka.topics import Sent, Topics, unique
from tests.support.crafted_input import CraftedInput, as_bytes


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark every test of this folder: it starts a broker."""
    item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory, kafka_jars: None) -> Iterator[DevKafka]:
    """A broker; topics have two partitions."""
    with DevKafka(tmp_path_factory.mktemp("kafka"), partitions=2) as broker:
        yield broker


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
            Sent(topic, _key(line), as_bytes(line), [("trace", f"t{number}".encode())])
            for number, line in enumerate(crafted.lines[:-1])
        ]
        return [*records[:700], Sent(topic, b"erased", None, [("trace", b"tombstone")]), *records[700:]]

    return make


def _key(line: str) -> bytes:
    try:
        return str(json.loads(line)["CUSTOMER_ID"]).encode()
    except (ValueError, KeyError, TypeError):
        return b"unreadable"
