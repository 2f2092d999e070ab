"""`gress dev consume`: committed records of a topic as lines."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conf.types.printable import printable
from gress.dev.client import open_consumer, partitions_of, reason_of
from jobs.errors import fail, refuse

if TYPE_CHECKING:
    from confluent_kafka import Consumer

_BATCH = 500
_POLL_S, _LOOK_S = 0.2, 1.0
# Kafka's names of offsets, as numbers.
_POSITIONS = {"earliest": -2, "latest": -1}


@dataclass(frozen=True)
class ConsumeRequest:
    """Records to read.

    Attributes:
        topic: name of the topic.
        servers: HOST:PORT of the broker.
        start: ``earliest`` or ``latest``.
        most: records after which reading ends; None: no limit.
        ends: reading ends where the topic does now, instead of waiting for more.
    """

    topic: str
    servers: str
    start: str = "earliest"
    most: int | None = None
    ends: bool = False


def write_records(request: ConsumeRequest) -> None:
    """Write the values of a topic's records to standard output, one a line, until the end or Ctrl-C.

    A terminal gets them as text whose control characters are escaped, anything else as they are.
    """
    out, is_terminal = sys.stdout.buffer, sys.stdout.isatty()
    with contextlib.suppress(KeyboardInterrupt):
        for value in consume(request):
            out.write((printable(value.decode(errors="replace")).encode() if is_terminal else value) + b"\n")
            out.flush()


def consume(request: ConsumeRequest) -> Iterator[bytes]:
    """Yield the values of a topic's records, partition by partition as they come.

    Raises:
        JobError: the broker does not answer, or has no such topic and ``ends`` is set.
    """
    if request.start not in _POSITIONS:
        refuse("--from", " or ".join(_POSITIONS), repr(request.start))
    consumer = open_consumer(request.servers, start=request.start)
    from confluent_kafka import KafkaError, TopicPartition

    try:
        partitions = _partitions(consumer, request)
        position = _POSITIONS[request.start]
        consumer.assign([TopicPartition(request.topic, partition, position) for partition in partitions])
        open_partitions, left = set(partitions), request.most
        while (open_partitions or not request.ends) and (left is None or left > 0):
            for message in consumer.consume(_BATCH if left is None else min(_BATCH, left), _POLL_S):
                error = message.error()
                if error is None:
                    open_partitions.add(message.partition() or 0)
                    left = left if left is None else left - 1
                    yield message.value() or b""
                elif error.code() == KafkaError._PARTITION_EOF:
                    open_partitions.discard(message.partition() or 0)
                else:
                    fail(f"topic {request.topic!r}", f"cannot be read: {reason_of(Exception(error))}")
    finally:
        consumer.close()


def _partitions(consumer: Consumer, request: ConsumeRequest) -> list[int]:
    """Return the partitions of the topic; wait for its first record, unless reading ends where the topic does."""
    found, is_told = partitions_of(consumer, request.topic), False
    while not found:
        if request.ends:
            refuse(f"topic {request.topic!r}", "one that is there", "none", "a topic comes with its first record")
        if not is_told:
            sys.stderr.write(f"topic {request.topic!r} is not there yet; it comes with its first record\n")
            is_told = True
        time.sleep(_LOOK_S)
        found = partitions_of(consumer, request.topic)
    return found
