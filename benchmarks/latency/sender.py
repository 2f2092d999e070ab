"""Events at a fixed rate into an open socket, each with the nanosecond at which it leaves as its id.

``python -m benchmarks.latency.sender {scoring|fraud} DESCRIPTOR RATE SECONDS``.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Callable, Mapping
from itertools import cycle, islice
from typing import Any

from benchmarks.rows import line, numbers
from jobs.sources.transactions import GeneratorSettings, TransactionGenerator

_EVENTS = 20_000


def main(kind: str, descriptor: str, rate: str, seconds: str) -> None:
    """Send until the time is over, then end the stream."""
    make = {"scoring": _scoring_lines, "fraud": _fraud_lines}[kind]()
    step_ns = round(1e9 / float(rate))
    with socket.socket(fileno=int(descriptor)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        start = time.time_ns()
        for number in range(round(float(seconds) * float(rate))):
            # Send each event that is due, even if earlier events were late.
            wait_ns = start + number * step_ns - time.time_ns()
            if wait_ns > 0:
                time.sleep(wait_ns / 1e9)
            connection.sendall(make(number, time.time_ns()).encode())


def _scoring_lines() -> Callable[[int, int], str]:
    values = numbers(_EVENTS)
    return lambda number, now_ns: line(number, values[number % _EVENTS], number=now_ns) + "\n"


def _fraud_lines() -> Callable[[int, int], str]:
    events = list(islice(_transactions(), _EVENTS))
    turns = cycle(events)

    def make(number: int, now_ns: int) -> str:
        del number
        return json.dumps({**next(turns), "TRANSACTION_ID": now_ns, "TX_DATETIME": now_ns // 1_000_000}) + "\n"

    return make


def _transactions() -> Any:
    for batch in TransactionGenerator(GeneratorSettings()).batches(_EVENTS):
        columns: Mapping[str, list[Any]] = {
            name: batch[name].tolist() for name in ("CUSTOMER_ID", "TERMINAL_ID", "TX_AMOUNT", "TX_FRAUD")
        }
        yield from (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
