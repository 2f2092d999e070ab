"""`gress dev produce`: events of a file or of the generator into a topic, at a steady rate or as fast as it goes."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gress.dev.client import open_producer, reason_of
from jobs.errors import fail, refuse
from jobs.sources.contents import open_text
from jobs.sources.files import InputFiles, find_inputs
from jobs.sources.generated import GENERATOR, parse_generator

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message, Producer

GENERATED_KEY = "CUSTOMER_ID"
_TICK_S = 0.01
_SHOW_EVERY_S = 1.0
_PARQUET_ROWS = 4_096  # that are in memory at once


@dataclass(frozen=True)
class ProduceRequest:
    """Events to send.

    Attributes:
        source: files as for ``gress run --input``, or ``generator:...``.
        topic: where they go; it comes into being with the first.
        servers: HOST:PORT of the broker.
        rate: events per second; 0: as fast as it goes.
        key: top-level field whose value is the record's key; None: that of generated events, none for files.
    """

    source: str
    topic: str
    servers: str
    rate: float = 0.0
    key: str | None = None


@dataclass
class Sent:
    """Events sent so far.

    Attributes:
        events: handed to the broker.
        seconds: since the first.
    """

    events: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Events per second."""
        return self.events / self.seconds if self.seconds else 0.0


class _Sender:
    """A producer that counts the records that it sent, and those that the broker did not take."""

    def __init__(self, producer: Producer, topic: str, show: Callable[[Sent], object]) -> None:
        self._producer, self._topic, self._show = producer, topic, show
        self._start = self._shown = time.monotonic()
        self.sent = Sent()
        self.failures: Counter[str] = Counter()

    def send(self, key: bytes | None, value: bytes) -> None:
        while True:
            try:
                self._producer.produce(self._topic, value, key, on_delivery=self._note)
                break
            except BufferError:
                self._producer.poll(_TICK_S)
        self._producer.poll(0)
        now = time.monotonic()
        self.sent.events += 1
        self.sent.seconds = now - self._start
        if now - self._shown >= _SHOW_EVERY_S:
            self._shown = now
            self._show(self.sent)

    def close(self) -> None:
        """Wait until the broker has all events."""
        self._producer.flush()
        self.sent.seconds = time.monotonic() - self._start

    def _note(self, error: KafkaError | None, message: Message) -> None:
        del message
        if error is not None:
            self.failures[reason_of(Exception(error))] += 1


def produce(request: ProduceRequest, show: Callable[[Sent], object]) -> Sent:
    """Send all events of a source and wait until the broker has them; Ctrl-C ends it early.

    Raises:
        JobError: the source or the broker cannot be had, or the broker did not take every event.
    """
    records = _records(request)
    sender = _Sender(open_producer(request.servers), request.topic, show)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            for key, value in _paced(records, request.rate):
                sender.send(key, value)
    finally:
        sender.close()
    if sender.failures:
        reason, events = sender.failures.most_common(1)[0]
        all_events = sum(sender.failures.values())
        fail(f"topic {request.topic!r}", f"the broker did not take {all_events} events, {events} of them: {reason}")
    return sender.sent


def _paced(records: Iterable[tuple[bytes | None, bytes]], rate: float) -> Iterator[tuple[bytes | None, bytes]]:
    """Yield records no sooner than their turn at ``rate`` a second."""
    start = time.monotonic()
    for count, record in enumerate(records):
        if rate:
            while (wait := start + count / rate - time.monotonic()) > 0:
                # A tick at a time, so that many events leave in one batch.
                time.sleep(max(wait, _TICK_S))
        yield record


def _records(request: ProduceRequest) -> Iterator[tuple[bytes | None, bytes]]:
    """Return key and value of each record; whatever is wrong with the source is refused before the first."""
    if request.source.startswith(GENERATOR):
        return _keyed(_generated(request.source), request.key or GENERATED_KEY)
    files = find_inputs(request.source)
    if files.format == "csv":
        refuse(f"input {request.source}", "JSON Lines or Parquet, as topics hold a JSON object a record", "CSV")
    lines = _parquet_lines(files) if files.format == "parquet" else _text_lines(files)
    return _keyed(lines, request.key)


def _generated(source: str) -> Iterator[bytes]:
    from jobs.sources.transactions import TransactionGenerator, to_json_lines

    days, settings = parse_generator(source)
    return (
        line.encode() for batch in TransactionGenerator(settings).days(days) for line in to_json_lines(batch)
    )


def _text_lines(files: InputFiles) -> Iterator[bytes]:
    for path in files.paths:
        with open_text(path) as file:
            for line in file:
                yield line.rstrip(b"\r\n")


def _parquet_lines(files: InputFiles) -> Iterator[bytes]:
    from udfs.pieces.parquet_pieces import parquet_pieces

    pieces = parquet_pieces(files.paths, _PARQUET_ROWS, {})
    for number in range(pieces.count):
        yield from pieces.read(number)


def _keyed(lines: Iterable[bytes], key: str | None) -> Iterator[tuple[bytes | None, bytes]]:
    """Yield lines with the value of a field as key; a line that has none keeps its place, without a key."""
    if key is None:
        yield from ((None, line) for line in lines)
        return
    import orjson

    for line in lines:
        try:
            value = orjson.loads(line)[key]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            yield None, line
        else:
            yield (value.encode() if isinstance(value, str) else orjson.dumps(value)), line
