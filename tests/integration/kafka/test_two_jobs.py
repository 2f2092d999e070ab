"""Two jobs of one name on one broker at a time: neither fences the other, nor takes its rows."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient

from gress.dev.client import create_topics
from jobs.flink.ports import free_port
from jobs.flink.rest import FlinkRest
from jobs.runs.deployment import deployment_name
from tests.integration.kafka.gress_run import READ_S, GressRun
from tests.integration.kafka.topics import QUIET, Reader, Sent, Topics, send, unique
from tests.support.cluster import wait_until
from tests.support.crafted_input import CraftedInput
from tests.support.fraud_config import STATELESS, write_fraud_config

JOB = "fraud-detection"
EACH = 100
# A run takes its REST port itself, and tells nobody.
ON_PORT = """
import jobs.runs.local_options as options
options.free_port = lambda: {port}
from gress.cli.main import main
main()
"""
# The names are those of the deployment, as nothing sets them.
UNNAMED = "job.sink.kafka.transaction_prefix=null"


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
    events = {json.loads(line)["TRANSACTION_ID"]: line for line in crafted.good_lines()}
    ids = [event_id for event_id in events if event_id not in crafted.unscorable]
    servers, topic, sent = first.topics.servers, first.topics.events, list[int]()

    def put() -> None:
        more = ids[len(sent) : len(sent) + EACH]
        send(servers, [Sent(topic, None, events[each].encode()) for each in more])
        sent.extend(more)

    create_topics(servers, [topic], partitions=1)
    put()
    first.start()
    second.start()
    for each in two:
        assert each.predicted(EACH) == sorted(sent)
    put()
    for each in two:
        assert each.predicted(len(sent)) == sorted(sent)
    first.stop()
    put()
    assert second.predicted(len(sent)) == sorted(sent)
    # A run that starts aborts what is open under its prefix.
    first.start("--resume")
    assert first.predicted(len(sent)) == sorted(sent)
    second.stop()
    put()
    assert first.predicted(len(sent)) == sorted(sent)
    assert second.predicted(len(sent) - EACH) == sorted(sent[:-EACH])
    assert first.group != second.group
    wait_until(lambda: first.committed() == len(sent))
    assert second.committed() == len(sent) - EACH
    first.stop()
