"""Throughput of the job of ``scoring`` by where its rows come from and go to: files of three kinds, and Kafka.

The same rows are JSON Lines, JSON Lines in gzip, Parquet, and records of a topic with two partitions that are all there
before the job starts. Predictions go to files, and in ``kafka_to_kafka`` to a topic, exactly once. Rates and CPU are
slopes between two sizes, of whole runs of ``gress run``. The CPU of the broker does not count, but the broker shares
the cores.

``python -m benchmarks sources [SMALL LARGE REPEATS]``.
"""

from __future__ import annotations

import gzip
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ruamel.yaml import YAML

from benchmarks.kafka_job import PARTITIONS, fetch_missing_jars
from benchmarks.latency.latency import SCORING
from benchmarks.measure import (
    Run,
    cpu,
    elapsed,
    java_cpu,
    load_average,
    print_figures,
    run_module,
    take_turns,
    us_per_row,
)
from benchmarks.rows import write_rows
from gress.dev.broker import DevKafka

_FILES = 4


def main(small: str = "1000000", large: str = "4000000", repeats: str = "1") -> None:
    """Print the figures."""
    fetch_missing_jars()
    sizes, load = (int(small), int(large)), load_average()
    with tempfile.TemporaryDirectory(prefix="gress-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        for size in sizes:
            _write_files(folder, size)
        with DevKafka(folder / "kafka", partitions=PARTITIONS) as broker:
            for size in sizes:
                _produce(folder / "jsonl" / str(size), broker.servers, topic=f"rows-{size}")
            kafka = partial(_kafka_config, folder, broker.servers)
            programs: dict[str, Callable[[int], Run]] = {
                **{kind: _of_files(folder, kind) for kind in ("jsonl", "gzip", "parquet")},
                "kafka": _of_kafka(folder, partial(kafka, has_sink=False)),
                "kafka_to_kafka": _of_kafka(folder, partial(kafka, has_sink=True)),
            }
            turns = take_turns(programs, sizes, int(repeats))
    figures: dict[str, float] = {}
    for name, runs in turns.items():
        rate, cost, java = 1e6 / us_per_row(runs, elapsed), us_per_row(runs, cpu), us_per_row(runs, java_cpu)
        print(f"{name}: {rate:,.0f} rows/s, {cost:.2f} us of CPU a row, {java:.2f} of them in the JVM")
        figures |= {f"{name}_rows_per_s": round(rate), f"{name}_cpu_us_per_row": round(cost, 2)}
    print(f"load average before {load}, after {load_average()}")
    print_figures(figures)


def _write_files(folder: Path, rows: int) -> None:
    """Write the rows as files of each kind, in ``folder/KIND/ROWS``."""
    import pyarrow.parquet as pq
    from pyarrow import json

    lines = folder / "jsonl" / str(rows)
    write_rows(lines, rows, files=_FILES)
    for kind in ("gzip", "parquet"):
        (folder / kind / str(rows)).mkdir(parents=True)
    for path in sorted(lines.iterdir()):
        with path.open("rb") as plain, gzip.open(folder / "gzip" / str(rows) / f"{path.name}.gz", "wb", 1) as packed:
            shutil.copyfileobj(plain, packed, 1 << 20)
        table = json.read_json(path)
        pq.write_table(table, folder / "parquet" / str(rows) / f"{path.stem}.parquet", row_group_size=50_000)


def _produce(lines: Path, servers: str, *, topic: str) -> None:
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": servers, "linger.ms": 20, "queue.buffering.max.kbytes": 1 << 20})
    for number, path in enumerate(sorted(lines.iterdir())):
        with path.open("rb") as file:
            for line in file:
                while True:
                    try:
                        producer.produce(topic, line.rstrip(), partition=number % PARTITIONS)
                        break
                    except BufferError:
                        producer.poll(0.1)
    producer.flush()


def _kafka_config(folder: Path, servers: str, rows: int, *, has_sink: bool) -> Path:
    tree = YAML(typ="safe").load(SCORING.read_text("utf-8"))
    source = {"servers": servers, "topics": [f"rows-{rows}"], "start": "earliest", "stop": "latest"}
    tree["job"]["source"] = {"kafka": source}
    if has_sink:
        topics = {"predictions": f"scores-{rows}", "dead_letters": "dead-letters"}
        tree["job"]["sink"] = {"kafka": {"servers": servers, **topics}}
    path = folder / "kafka.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(tree, file)
    return path


def _of_files(folder: Path, kind: str) -> Callable[[int], Run]:
    def measure(rows: int) -> Run:
        return _run(SCORING, str(folder / kind / str(rows)), folder / "out", rows)

    return measure


def _of_kafka(folder: Path, config: Callable[[int], Path]) -> Callable[[int], Run]:
    def measure(rows: int) -> Run:
        return _run(config(rows), "", folder / "out", rows)

    return measure


def _run(config: Path, source: str, output: Path, rows: int) -> Run:
    shutil.rmtree(output, ignore_errors=True)
    return run_module("benchmarks.throughput.whole_run", str(config), source, str(output), rows=rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
