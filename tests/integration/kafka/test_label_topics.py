"""Labels from topics, in a run over a file of events that ends where the topics do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from gress.dev.client import create_topics
from tests.integration.kafka.topics import Reader, Sent, Topics, send, unique
from tests.support.job_runs import run_job
from tests.support.label_inputs import BAD, check_last_record, make_input, overrides


def key_of(line: str) -> bytes | None:
    """The id of a label: those of one id are in one partition, and do not overtake each other."""
    return None if line in BAD else str(json.loads(line)["tx"]).encode()


def test_each_prediction_has_its_label(new_topics: Callable[[], Topics], tmp_path: Path) -> None:
    given, topics = make_input(tmp_path / "in", 3_000, 100), new_topics()
    labels, unmatched, letters = (unique(name) for name in ("labels", "unmatched", "letters"))
    create_topics(topics.servers, [labels], partitions=2)
    lines = (given.folder / "labels.jsonl").read_text("utf-8").splitlines()
    send(topics.servers, [Sent(labels, key_of(line), line.encode()) for line in lines])
    source = f"kafka: {{servers: '{topics.servers}', topics: [{labels}], start: earliest, stop: latest}}"
    sink = topics.sink(unmatched=unmatched, label_dead_letters=letters)
    run = run_job(given.config, given.events, tmp_path / "out", overrides=[*overrides(given, source=source), *sink])
    assert run.summary.labels == given.counts
    reader = Reader(topics.servers, [topics.predictions, unmatched, letters])
    rows = sum(count for outcome, count in given.counts.items() if outcome != "matched")
    wanted = {topics.predictions: 3_000, unmatched: rows, letters: len(BAD)}
    reader.read(until=lambda: all(len(reader.values[name]) >= count for name, count in wanted.items()), timeout_s=300)
    reader.close()
    assert {name: len(values) for name, values in reader.values.items()} == wanted
    assert sorted(row["value"] for row in reader.values[letters]) == sorted(BAD)
    check_last_record(run.output, pd.DataFrame(reader.values[topics.predictions]), given.pairs)
