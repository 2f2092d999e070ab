"""Two jobs of one name on one broker at a time: neither fences the other, nor takes its rows."""

from __future__ import annotations

import json
import platform
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient
from typing_extensions import Self

from gress.dev.client import create_topics, open_producer
from jobs.flink.ports import free_port
from jobs.flink.rest import FlinkRest
from jobs.runs.deployment import deployment_name
from tests.integration.kafka.gress_run import READ_S, GressRun
from tests.integration.kafka.topics import QUIET, Reader, Topics, unique
from tests.support.crafted_input import CraftedInput
from tests.support.fraud_config import STATELESS, write_fraud_config

JOB = "fraud-detection"
EACH, _EVERY_S = 100, 0.03
# A run takes its REST port itself, and tells nobody.
ON_PORT = """
import jobs.runs.local_options as options
options.free_port = lambda: {port}
from gress.cli.main import main
main()
"""
# The names are those of the deployment, as nothing sets them.
UNNAMED = "job.sink.kafka.transaction_prefix=null"


class Feed:
    """Events, one after the other without a pause, so that a transaction is open at any time.

    Args:
        topics: that get them.
        event: as the first one is; the others have ids of their own.
    """

    def __init__(self, topics: Topics, event: dict[str, Any]) -> None:
        self.sent = 0
        self._topics, self._event = topics, event
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _send(self) -> None:
        producer = open_producer(self._topics.servers)
        while not self._stop.wait(_EVERY_S):
            text = json.dumps(self._event | {"TRANSACTION_ID": self.sent})
            producer.produce(self._topics.events, text.encode())
            producer.poll(0)
            self.sent += 1
        assert producer.flush(READ_S) == 0


@dataclass
class Deployment:
    """A job with an output folder and topics for its rows."""

    config: Path
    topics: Topics
    output: Path
    port: int = field(default_factory=free_port)
    runs: list[GressRun] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reader = Reader(self.topics.servers, self.topics.written)

    def start(self, *options: str) -> None:
        command = (sys.executable, "-c", ON_PORT.format(port=self.port))
        self.runs.append(GressRun(self.config, self.topics, self.output, [UNNAMED], options=options, command=command))

    def stop(self) -> None:
        self.check_undisturbed()
        self.runs[-1].stop_with_savepoint()

    def check_undisturbed(self) -> None:
        """The job runs, has never restarted, and its producers were never refused."""
        rest = FlinkRest(f"127.0.0.1:{self.port}")
        (job,) = rest.jobs()
        failures = rest.get(f"/jobs/{job.id}/exceptions")["exceptionHistory"]["entries"]
        assert (job.name, job.state, failures) == (JOB, "RUNNING", [])

    def go_on(self, feed: Feed) -> None:
        """Wait until it has predicted some of the events that are sent from now on, and nothing has disturbed it."""
        found, wanted = self.reader.values[self.topics.predictions], feed.sent + EACH
        self.reader.read(until=lambda: len(found) >= wanted, timeout_s=READ_S)
        assert len(found) >= wanted
        self.check_undisturbed()

    def predicted(self, wanted: int) -> list[int]:
        """The ids of committed predictions, in their order, once there are so many and no more follow."""
        found = self.reader.values[self.topics.predictions]
        self.reader.read(until=lambda: len(found) >= wanted, timeout_s=READ_S)
        self.reader.rest()
        return sorted(row["event_id"] for row in found)

    @property
    def group(self) -> str:
        return deployment_name(JOB, self.output, platform.node())

    def committed(self) -> int:
        """The offset that its consumer group has committed; -1001: none."""
        asked = [ConsumerGroupTopicPartitions(self.group, [TopicPartition(self.topics.events, 0)])]
        admin = AdminClient({"bootstrap.servers": self.topics.servers, **QUIET})
        (answer,) = admin.list_consumer_group_offsets(asked).values()
        return int(answer.result().topic_partitions[0].offset)


@pytest.fixture
def two(new_topics: Callable[[], Topics], tmp_path: Path) -> Iterator[tuple[Deployment, Deployment]]:
    """Deployments of one job that read one topic and write to topics of their own."""
    config = write_fraud_config(tmp_path / "fraud", features=STATELESS, parallelism=1)
    topics = new_topics()
    written = {name: unique(name) for name in ("predictions", "alerts", "dead_letters")}
    both = Deployment(config, topics, tmp_path / "a"), Deployment(config, replace(topics, **written), tmp_path / "b")
    yield both
    for each in both:
        each.reader.close()
        for run in each.runs:
            run.kill()


def test_each_predicts_every_event_once_while_the_other_runs_stops_and_comes_back(
    two: tuple[Deployment, Deployment], crafted: CraftedInput
) -> None:
    first, second = two
    create_topics(first.topics.servers, [first.topics.events], partitions=1)
    with Feed(first.topics, json.loads(crafted.good_lines()[0])) as feed:
        first.start()
        first.go_on(feed)
        # A run that starts aborts what is open under its prefix, and reads on where its group has been.
        second.start()
        for each in (second, first):
            each.go_on(feed)
        first.stop()
        second.go_on(feed)
        first.start("--resume")
        for each in (first, second):
            each.go_on(feed)
        second.stop()
        first.go_on(feed)
    assert first.predicted(feed.sent) == list(range(feed.sent))
    first.stop()
    found = second.predicted(0)
    assert EACH < len(found) < feed.sent
    assert found == list(range(len(found)))
    # Each group has an offset of its own; that of the last rows before a stop need not be committed.
    assert 0 < second.committed() <= len(found) < first.committed() <= feed.sent
