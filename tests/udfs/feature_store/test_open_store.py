"""Every setting of the feature store arrives where it acts."""

from __future__ import annotations

from dataclasses import replace
from importlib import util
from typing import Any

import numpy as np
import pytest

from conf.settings import FeatureStoreSettings
from state.feature_store.group import Group
from state.feature_store.redis_client import RedisOptions
from udfs.feature_store.errors import StoreSettingError
from udfs.feature_store.open_store import open_store, redis_options

GROUP = Group("customer", "abc")
REDIS = {"backend": "redis", "redis_addr": "127.0.0.1:1", "retries": 0}


def settings(**values: Any) -> FeatureStoreSettings:
    return FeatureStoreSettings.model_validate(values)


def test_stores_of_a_process_share_what_is_in_memory() -> None:
    with open_store(settings(ttl="77s")) as writer, open_store(settings(ttl="77s")) as reader:
        writer.put_many(GROUP, ["a"], {"x": [1.0]}, np.array([1]))
        assert reader.get_many(GROUP, ["a"], ["x"]).values("x") == [1.0]


@pytest.mark.parametrize(("ttl_on", "expected"), [("write", 1.0), ("event", None)])
def test_ttl_is_of_writes_or_of_events(ttl_on: str, expected: float | None) -> None:
    with open_store(settings(ttl="76s", ttl_on=ttl_on)) as store:
        store.put_many(GROUP, ["a"], {"x": [1.0]}, np.array([1]))
        assert store.get_many(GROUP, ["a"], ["x"], as_of_ms=np.array([76_002])).values("x") == [expected]


@pytest.mark.parametrize(
    ("more", "lifetime_ms"),
    [({}, 300_000), ({"ttl_on": "event"}, 86_400_000), ({"ttl_on": "event", "retention": "1s"}, 300_000)],
    ids=["write", "event", "short retention"],
)
def test_a_server_keeps_entities_as_long_as_they_are_used(more: dict[str, Any], lifetime_ms: int) -> None:
    store = open_store(settings(**REDIS, **more))
    assert store._backend._lifetime_ms == lifetime_ms  # type: ignore[attr-defined]


def test_every_setting_of_a_server_arrives() -> None:
    given = settings(
        redis_addr="a:1,[::1]:2",
        redis_mode="sentinel",
        redis_master="shop",
        redis_db=3,
        redis_user="me",
        redis_password="word",
        redis_tls=True,
        redis_ca="ca",
        redis_cert="cert",
        redis_cert_key="key",
        timeout="2s",
    )
    expected = RedisOptions((("a", 1), ("::1", 2)), "sentinel", "shop", 3, "me", "word", True, "ca", "cert", "key", 2.0)
    assert redis_options(given) == expected
    assert redis_options(settings()) == replace(RedisOptions(), timeout_s=0.25)


def test_tries_breaker_and_cache_are_those_of_the_settings() -> None:
    states: list[str] = []
    store = open_store(
        settings(**REDIS, breaker_failures=2, cache_size=7, cache_ttl="3s", on_error="stale"),
        lambda state: states.append(state.word),
    )
    for failures in range(3):
        assert states == ["open"] * (failures == 2)
        assert store.get_many(GROUP, ["a"], ["x"]).is_failed.all()
    assert store.counts().errors == {"unreachable": 2, "open": 1}
    options = store._options
    assert (options.cache_size, options.cache_ttl_s, options.is_serving_stale) == (7, 3.0, True)


def test_without_the_library_the_text_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("udfs.feature_store.open_store.find_spec", lambda name: None)
    assert util.find_spec("redis") is not None
    with pytest.raises(StoreSettingError, match="pip install 'gress-ml\\[redis\\]'"):
        open_store(settings(**REDIS))
