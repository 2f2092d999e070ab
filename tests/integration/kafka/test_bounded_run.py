"""The fraud job from Kafka to Kafka, up to where the topics end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jobs.errors import JobError
from tests.integration.kafka.topics import Reader, Sent, Topics, send
from tests.support.crafted_input import BAD_LINES, UNDECODABLE, CraftedInput, as_bytes
from tests.support.fraud_config import STATELESS, write_fraud_config
from tests.support.job_runs import JobRun, run_job

TOMBSTONE = "expected a JSON object, got a record without a value (a tombstone)"


@dataclass(frozen=True)
class TopicRun:
    """A run over topics: what it says of itself, what was sent, and what a reader finds."""

    run: JobRun
    topics: Topics
    sent: dict[tuple[int, int], Sent]
    reader: Reader

    @property
    def predictions(self) -> dict[int, dict[str, Any]]:
        return {row["event_id"]: row for row in self.reader.values[self.topics.predictions]}


CARRIED = "job.sink.fields=[TX_AMOUNT, TERMINAL_ID]"


def _run(config: Path, topics: Topics, records: list[Sent], output: Path, **sink: str) -> TopicRun:
    sent = send(topics.servers, records)
    run = run_job(config, "kafka:", output, overrides=[*topics.source(stop="latest"), *topics.sink(**sink), CARRIED])
    reader = Reader(topics.servers, topics.written)
    reader.read(until=lambda: sum(map(len, reader.values.values())) >= len(records), timeout_s=300)
    reader.rest()
    reader.close()
    return TopicRun(run, topics, sent, reader)


@pytest.fixture(scope="module")
def finished(
    fraud_config: Path,
    new_topics: Callable[[], Topics],
    crafted_records: Callable[[str], list[Sent]],
    tmp_path_factory: pytest.TempPathFactory,
) -> TopicRun:
    """Windows over two partitions by two tasks, exactly once."""
    topics = new_topics()
    return _run(fraud_config, topics, crafted_records(topics.events), tmp_path_factory.mktemp("bounded") / "out")


def test_every_event_has_one_prediction_or_dead_letter(finished: TopicRun, crafted: CraftedInput) -> None:
    ids = Counter(row["event_id"] for row in finished.reader.values[finished.topics.predictions])
    good = set(crafted.rows["TRANSACTION_ID"]) - set(crafted.unscorable)
    assert set(ids) == good
    assert set(ids.values()) == {1}
    assert len(finished.reader.values[finished.topics.dead_letters]) == len(finished.sent) - len(good)


def test_values_are_those_of_a_run_over_files(finished: TopicRun, crafted_run: JobRun) -> None:
    expected = {row["event_id"]: row for row in crafted_run.predictions.to_dict("records")}
    found = finished.predictions
    names = ("event_time", "key", "prediction", "model", "version", "checksum", "feature_set", "status", "truth")
    assert {key: [row[name] for name in names] for key, row in found.items()} == {
        key: [row[name] for name in names] for key, row in expected.items()
    }
    alerts = {row["event_id"] for row in finished.reader.values[finished.topics.alerts]}
    assert alerts == set(crafted_run.alerts["event_id"])


def test_values_carry_fields_of_the_event(finished: TopicRun, crafted: CraftedInput) -> None:
    rows = crafted.rows.set_index("TRANSACTION_ID")[["TX_AMOUNT", "TERMINAL_ID"]]
    for row in finished.predictions.values():
        amount, terminal = row["TX_AMOUNT"], row["TERMINAL_ID"]
        assert (amount, terminal) == tuple(rows.loc[row["event_id"]])
        assert type(terminal) is int


def test_records_carry_the_events_key(finished: TopicRun) -> None:
    for topic in finished.topics.written:
        assert finished.reader.keys[topic] == [row["key"] for row in finished.reader.values[topic]]


def test_dead_letters_name_their_record(finished: TopicRun) -> None:
    letters = finished.reader.values[finished.topics.dead_letters]
    parsed = [row for row in letters if row["category"] == "parse"]
    assert Counter(row["reason"] for row in parsed) == Counter([bad.reason for bad in BAD_LINES] + ["malformed"])
    for row in parsed:
        record = finished.sent[row["partition"], row["offset"]]
        assert row.get("value") == _shown(record.value)
        assert f'"trace":"{record.headers[0][1].decode()}"' in row["headers"]
        assert f'"topic":"{finished.topics.events}"' in row["metadata"]
    (tombstone,) = [row for row in parsed if row["error"] == TOMBSTONE]
    assert (tombstone["key"], tombstone["reason"], "value" in tombstone) == ("erased", "malformed", False)


def _shown(value: bytes | None) -> str | None:
    if value == as_bytes(UNDECODABLE.text):
        return UNDECODABLE.value
    return None if value is None else value.decode()


def test_unscorable_rows_name_their_record_past_the_windows(finished: TopicRun, crafted: CraftedInput) -> None:
    letters = finished.reader.values[finished.topics.dead_letters]
    scored = [row for row in letters if row["category"] == "scoring"]
    assert len(scored) == len(crafted.unscorable)
    for row in scored:
        record = finished.sent[row["partition"], row["offset"]]
        assert (record.key or b"").decode() == row["key"]


def test_the_summary_counts_what_readers_see(finished: TopicRun) -> None:
    summary = finished.run.summary
    counts = [len(finished.reader.values[topic]) for topic in finished.topics.written]
    assert [summary.predictions, summary.alerts, summary.dead_letters] == counts
    letters = finished.reader.values[finished.topics.dead_letters]
    assert summary.reasons == Counter(row["reason"] for row in letters)
    assert summary.adds_up
    assert (finished.run.output / "summary.json").is_file()


@pytest.mark.parametrize("profile", ["throughput", "latency"])
def test_without_windows_and_at_least_once(
    profile: str, new_topics: Callable[[], Topics], crafted: CraftedInput, tmp_path: Path
) -> None:
    topics = new_topics()
    config = write_fraud_config(tmp_path / "config", features=STATELESS, parallelism=1)
    records = [Sent(topics.events, b"k", as_bytes(line)) for line in [*crafted.lines[:300], UNDECODABLE.text]]
    overrides = [*topics.source(stop="latest", start="earliest"), *topics.sink(delivery="at_least_once")]
    send(topics.servers, records)
    run_job(config, "kafka:", tmp_path / "out", overrides=[*overrides, f"execution.profile={profile}"])
    reader = Reader(topics.servers, topics.written)
    reader.read(until=lambda: sum(map(len, reader.values.values())) >= len(records), timeout_s=300)
    reader.close()
    letters = reader.values[topics.dead_letters]
    assert len(reader.values[topics.predictions]) + len(letters) == len(records)
    bad, other = (row for row in letters if row["reason"] == "malformed")
    assert (other["value"], other["encoding"]) == (UNDECODABLE.value, "base64")
    assert (bad["value"], bad["partition"] in (0, 1), bad["operator"]) == ("", True, "fraud-detection/score")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ({"servers": "127.0.0.1:1"}, r"Kafka at 127.0.0.1:1 \(job.source.kafka\): expected an answer, got none from"),
        ({"topics": "[no-such-topic]"}, r"topic 'no-such-topic' \(job.source.kafka\): expected it at"),
        ({"options.security.protocol": "TSL"}, "Invalid value TSL for configuration security.protocol"),
    ],
    ids=["unreachable", "no such topic", "bad option"],
)
def test_what_cannot_work_is_refused_before_the_job_starts(
    source: dict[str, str],
    text: str,
    fraud_config: Path,
    new_topics: Callable[[], Topics],
    tmp_path: Path,
) -> None:
    topics = new_topics()
    overrides = [*topics.source(stop="latest", **source), *topics.sink()]
    with pytest.raises(JobError, match=text):
        run_job(fraud_config, "kafka:", tmp_path / "out", overrides=overrides)
