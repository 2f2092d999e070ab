from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from benchmarks.elastic.answers import Answers, Batch, Seen, first_batch_ratio
from benchmarks.elastic.plot import draw
from benchmarks.elastic.sender import BEYOND
from benchmarks.elastic.slow_store import SlowStore
from benchmarks.elastic.waiting import Waiting
from benchmarks.elastic.watched import Sample, Start, Watched
from benchmarks.kafka_job import RESULTS
from gress.autoscale.decision import Decision
from gress.autoscale.policy import Policy
from state.feature_store.redis_client import RedisOptions, open_client


def test_slow_store_answers_look_ups_as_a_redis_without_entities() -> None:
    with SlowStore(0.0) as store:
        host, _, port = store.address.partition(":")
        client = open_client(RedisOptions(addresses=((host, int(port)),), timeout_s=5.0))
        pipeline = client.pipeline(transaction=False)
        for key in ("a", "b"):
            pipeline.hmget(key, ["x", "y", "z"])
        assert pipeline.execute() == [[None] * 3] * 2
        client.close()


def prediction(number: int, latency_us: int) -> bytes:
    row = {"event_id": number, "event_time": "1970-01-01T00:00:00.5Z", "latency_us": latency_us}
    return json.dumps(row).encode()


def test_answers_count_rows_once_and_leave_out_those_that_do_not_count() -> None:
    answers = Answers()
    for number in (0, 1, 1, 2, BEYOND + 1):
        answers.add(RESULTS["predictions"], prediction(number, 700), 1_000)
    answers.add(RESULTS["dead_letters"], b"{}", 1_000)
    assert (len(answers.times), answers.duplicates, answers.dead_letters) == (3, 1, 1)
    assert answers.seen[0] == Seen(1_000, 700, 500)


def test_rows_of_one_latency_are_a_batch_unless_they_are_far_apart() -> None:
    answers = Answers()
    for at_ms, latency_us in ((1_000, 700), (1_001, 700), (2_000, 300), (60_000, 700)):
        answers.add(RESULTS["predictions"], prediction(1, latency_us), at_ms)
    assert answers.batches() == [Batch(1_000, 700, 2), Batch(2_000, 300, 1), Batch(60_000, 700, 1)]


def test_ratio_is_that_of_the_worst_start_over_its_workers() -> None:
    usual = [Batch(second * 1_000, 1_000, 1) for second in range(50)]
    first = [Batch(60_000, 1_500, 1), Batch(60_010, 2_500, 1), Batch(90_000, 1_200, 1)]
    assert first_batch_ratio([*usual, *first], [Start(55_000, 2), Start(80_000, 1)]) == pytest.approx(2.0)


def decisions(*causes: tuple[str, str, int]) -> Watched:
    """Observations, one a second: cause, reason and slots."""
    found = Watched("", "", Policy(), 1.0, lambda: 0.0, lambda _: 0.0)
    for number, (cause, reason, slots) in enumerate(causes, 1):
        decision = Decision("hold", cause, reason, {"a": slots}, {"a": slots}, pending=float(number))  # type: ignore[arg-type]
        found.samples.append(Sample(float(number), number * 1_000, 2.0, decision))
    return found


def test_waiting_rows_latency_and_pauses_follow_from_times() -> None:
    waiting = Waiting([Seen(1_100, 0, 1_000), Seen(9_000, 0, 2_000), Seen(9_500, 0, 3_000), Seen(9_600, 0, 9_400)])
    assert [waiting.rows(at_ms) for at_ms in (999, 1_000, 1_100, 3_000, 9_000, 9_450, 9_600)] == [0, 1, 0, 2, 1, 2, 0]
    assert waiting.latency_ms(1_000, 3_000) == 3_550
    assert (waiting.last_before(8_000), waiting.first_after(8_000)) == (1_100, 9_000)


def test_plot_is_a_picture_of_three_curves() -> None:
    picture = ET.fromstring(draw("a run", decisions(("calm", "", 1), ("calm", "", 3)).samples, lambda at_ms: at_ms))
    assert len(picture.findall("{http://www.w3.org/2000/svg}polyline")) == 3
