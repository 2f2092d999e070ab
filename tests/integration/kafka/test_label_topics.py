"""Labels from topics, in a run over a file of events that ends where the topics do."""

from __future__ import annotations

import json
from pathlib import Path

from gress.dev.broker import DevKafka
from gress.dev.client import create_topics
from tests.integration.kafka.topics import Reader, Sent, send, unique
from tests.support.job_runs import run_job
from tests.support.label_inputs import BAD, check_last_record, make_input, overrides


def key_of(line: str) -> bytes | None:
    """The id of a label: those of one id are in one partition, and do not overtake each other."""
    return None if line in BAD else str(json.loads(line)["tx"]).encode()


def test_each_prediction_has_its_label(kafka: DevKafka, tmp_path: Path) -> None:
    given, servers = make_input(tmp_path / "in", 3_000, 100), kafka.servers
    labels, unmatched, letters = (unique(name) for name in ("labels", "unmatched", "letters"))
    create_topics(servers, [labels], partitions=2)
    lines = (given.folder / "labels.jsonl").read_text("utf-8").splitlines()
    send(servers, [Sent(labels, key_of(line), line.encode()) for line in lines])
    source = f"kafka: {{servers: '{servers}', topics: [{labels}], start: earliest, stop: latest}}"
    sink = [f"job.sink.kafka.{name}={value}" for name, value in {"servers": servers, "unmatched": unmatched}.items()]
    sink.append(f"job.sink.kafka.label_dead_letters={letters}")
    run = run_job(given.config, given.events, tmp_path / "out", overrides=[*overrides(given, source=source), *sink])
    assert run.summary.labels == given.counts
    check_last_record(run, given.pairs)
    reader = Reader(servers, [unmatched, letters])
    rows = sum(count for outcome, count in given.counts.items() if outcome != "matched")
    reader.read(until=lambda: sum(map(len, reader.values.values())) >= rows + len(BAD), timeout_s=120)
    reader.close()
    assert len(reader.values[unmatched]) == rows
    assert sorted(row["value"] for row in reader.values[letters]) == sorted(BAD)
