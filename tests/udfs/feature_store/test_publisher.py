"""Features of scored batches in a store on a real server, beside it being away."""

from __future__ import annotations

import logging
import pickle
import threading
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prometheus_client import REGISTRY

from conf.settings import Settings
from state.feature_store.errors import StoreError
from state.feature_store.group import Group
from tests.support.job_settings import MakeSettings
from tests.support.redis_server import RedisServer, redis_server
from udfs.feature_store.open_store import open_store
from udfs.feature_store.publish_recorder import PublishRecorder
from udfs.feature_store.store_writer import Rows
from udfs.features.feature_set import compile_feature_set
from udfs.functions.score_columns import ScoreColumns

PUBLISH = [{"entity": "card", "features": ["per_size", "amount"]}, {"entity": "order", "key": "id"}]
LONG_S = 30.0
ENTITIES = count()
JOB = "j"


def settings_on(server: RedisServer, make_settings: MakeSettings, **store: Any) -> Settings:
    at = {"enabled": True, "backend": "redis", "redis_addr": f"127.0.0.1:{server.port}", "ttl": "1h"}
    return make_settings(ml={"feature_store": {**at, "publish": PUBLISH, **store}})


def opened(settings: Settings) -> ScoreColumns:
    assert settings.job is not None
    function: ScoreColumns = pickle.loads(pickle.dumps(ScoreColumns(settings.job, settings.ml)))
    function.open()
    return function


def batch(amounts: list[float], *, first_ms: int = 1_000, card: str = "c") -> dict[str, np.ndarray[Any, Any]]:
    size = len(amounts)
    return {
        "amount": np.array(amounts),
        "size": np.array([*[2.0] * (size - 1), 0.0][:size]),
        "card": np.array([f"{card}{place % 2}" for place in range(size)], object),
        "id": np.arange(size),
        "at": first_ms + np.arange(size),
    }


def stored(settings: Settings, entity: str, key: str) -> dict[str, tuple[Any, int]]:
    assert settings.job is not None
    group = Group(entity, compile_feature_set(settings.job.features, settings.job.events).hash)
    with open_store(settings.ml.feature_store) as store:
        names = store.names(group, key)
        found = store.get_many(group, [key], names)
        return {name: (found.values(name)[0], int(found.times_ms(name)[0])) for name in names}


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"gress_ml_feature_store_{name}", {"job": JOB, **labels}) or 0.0


def test_each_entity_has_its_newest_values_before_the_answers_leave(
    server: RedisServer, make_settings: MakeSettings
) -> None:
    settings = settings_on(server, make_settings)
    function = opened(settings)
    assert dict(function.inputs).keys() == {"amount", "size", "at", "card", "id"}
    function.run(batch([0.1, 0.2, 0.3, 4.0]))
    assert stored(settings, "card", "c0") == {"amount": (0.3, 1_002), "per_size": (0.15, 1_002)}
    assert stored(settings, "card", "c1") == {"amount": (4.0, 1_003), "per_size": (0.0, 1_003)}
    assert stored(settings, "order", "1") == {"amount": (0.2, 1_001), "size": (2.0, 1_001), "per_size": (0.1, 1_001)}
    function.run(batch([9.0, 9.0], first_ms=0))
    assert stored(settings, "card", "c1") == {"amount": (4.0, 1_003), "per_size": (0.0, 1_003)}
    function.run(batch([]))
    function.close()


def test_a_replay_changes_nothing(server: RedisServer, make_settings: MakeSettings) -> None:
    settings = settings_on(server, make_settings)
    batches = [batch([1.0, 2.0, 3.0], first_ms=1_000 * place, card="r") for place in range(3)]
    function = opened(settings)
    for each in batches:
        function.run(each)
    before = [stored(settings, "card", f"r{place}") for place in range(2)]
    again = opened(settings)
    for each in (batches[1], batches[0], *batches[1:]):
        again.run(each)
    assert [stored(settings, "card", f"r{place}") for place in range(2)] == before
    function.close()
    again.close()


def test_a_job_waits_out_an_outage_without_losing_a_row(
    tmp_path: Path, make_settings: MakeSettings, caplog: pytest.LogCaptureFixture, server: RedisServer
) -> None:
    with redis_server(tmp_path) as own:
        settings = settings_on(own, make_settings, retries=0, breaker_open="200ms")
        function = opened(settings)
        own.kill()
        results: list[Any] = []
        thread = threading.Thread(target=lambda: results.append(function.run(batch([1.0, 2.0]))))
        with caplog.at_level(logging.INFO, "gress.feature_store"):
            thread.start()
            while not any("the job waits for it" in line for line in caplog.messages):
                thread.join(0.05)
            assert not results
            own.start()
            thread.join(LONG_S)
        assert list(results[0]["__status"]) == ["ok", "ok"]
        assert stored(settings, "card", "c1")["amount"] == (2.0, 1_001)
        function.close()
    assert [line for line in caplog.messages if "again" in line] == ["feature store: it takes rows again"]


def test_a_job_that_may_drop_rows_goes_on_and_counts_them(
    tmp_path: Path, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("udfs.feature_store.publisher.MOST_WAITING", 3)
    before = counted("dropped_total", entity="card"), counted("dropped_total", entity="order")
    with redis_server(tmp_path) as own:
        settings = settings_on(own, make_settings, on_full="drop", retries=0, publish=PUBLISH[:1])
        function = opened(settings)
        own.kill()
        for place in range(3):
            found = function.run(batch([1.0, 2.0], first_ms=place))
            assert list(found["__status"]) == ["ok", "ok"]
        own.start()
        function.close()
        assert stored(settings, "card", "c1")["amount"] == (2.0, 1)
    assert counted("dropped_total", entity="card") == before[0] + 4


class Clock:
    """Seconds that pass when they are told to."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_writes_are_counted_and_failures_said_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    clock, entity = Clock(), f"e{next(ENTITIES)}"
    before = counted("write_errors_total", error_type="full")
    recorder = PublishRecorder(JOB, [entity], "the job waits for it", clock)
    for now_s in (0.0, 30.0, 59.0, 60.0, 119.0):
        clock.now_s = now_s
        recorder.failed(StoreError("full", "no memory"))
    recorder.written(Rows(Group(entity, "a"), ["x", "y"], {}, np.zeros(2, np.int64)), 0.002)
    recorder.dropped(Rows(Group(entity, "a"), ["z"], {}, np.zeros(1, np.int64)))
    recorder.close()
    assert caplog.messages == ["feature store: no memory; the job waits for it"] * 2
    assert counted("write_errors_total", error_type="full") == before + 5
    assert (counted("written_total", entity=entity), counted("dropped_total", entity=entity)) == (2, 1)
